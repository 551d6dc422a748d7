/** Version of the directory layout and of everything in it. See {@link StorePaths}. */
export const FORMAT = 1;

/**
 * What makes the schema, step by step: step `n` takes a database from version `n` to `n + 1`.
 * A step that has been released is never changed; changes are appended.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE images (
    id TEXT PRIMARY KEY,
    manifest_digest TEXT NOT NULL,
    manifest TEXT NOT NULL,          -- descriptor, JSON
    platform TEXT NOT NULL,          -- JSON
    chain TEXT,
    created_at INTEGER,
    stored_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    parent TEXT,
    labels TEXT NOT NULL,            -- JSON
    tagged_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX images_manifest ON images (manifest_digest);
  CREATE INDEX images_parent ON images (parent) WHERE parent IS NOT NULL;

  CREATE TABLE names (
    name TEXT PRIMARY KEY,
    image TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
    updated_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX names_image ON names (image);

  CREATE TABLE image_blobs (
    image TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
    blob TEXT NOT NULL,
    PRIMARY KEY (image, blob)
  ) WITHOUT ROWID;

  CREATE TABLE layers (
    diff_id TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    content_size INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    writer INTEGER NOT NULL,
    synced INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE chains (
    chain TEXT PRIMARY KEY,
    parent TEXT,
    diff_id TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE origins (
    chain TEXT PRIMARY KEY,
    diff_id TEXT NOT NULL,
    instruction TEXT NOT NULL,
    file TEXT,
    first_line INTEGER,
    last_line INTEGER
  ) WITHOUT ROWID;

  CREATE TABLE blobs (digest TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;

  CREATE TABLE layer_blobs (
    diff_id TEXT NOT NULL,
    blob TEXT NOT NULL,
    descriptor TEXT NOT NULL,        -- JSON
    PRIMARY KEY (diff_id, blob)
  ) WITHOUT ROWID;
  CREATE INDEX layer_blobs_blob ON layer_blobs (blob);

  CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    ingredients TEXT NOT NULL,       -- JSON
    chain TEXT NOT NULL,
    canonical_key TEXT,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    took INTEGER NOT NULL
  );
  CREATE INDEX cache_place ON cache (place, created_at);

  -- rowid tells the oldest entries
  CREATE TABLE file_digests (
    dev INTEGER NOT NULL,
    ino INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    ctime INTEGER NOT NULL,
    digest TEXT NOT NULL,
    UNIQUE (dev, ino)
  );

  CREATE TABLE containers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    image TEXT NOT NULL,
    chain TEXT,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    json TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE leases (
    id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE holds (
    lease TEXT NOT NULL REFERENCES leases ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (lease, kind, key)
  ) WITHOUT ROWID;
  CREATE INDEX holds_key ON holds (kind, key);
  `,
  `
  -- What builds fetched from elsewhere, to be asked for again only when it has changed.
  CREATE TABLE sources (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    blob TEXT,
    value TEXT NOT NULL,
    used_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  DROP TABLE file_digests;
  -- by 64 inodes, see file-digests.ts; rowid tells the oldest entries
  CREATE TABLE file_digests (
    dev INTEGER NOT NULL,
    place INTEGER NOT NULL,
    files BLOB NOT NULL,
    UNIQUE (dev, place)
  );
  `,
  `
  -- The lists of files that cache keys were made of: for telling which one changed.
  CREATE TABLE selections (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    list BLOB NOT NULL
  );

  -- Keys of records that are gone: a step that runs because of that says so.
  CREATE TABLE removed_cache (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
  CREATE TRIGGER cache_removed AFTER DELETE ON cache BEGIN
    INSERT OR REPLACE INTO removed_cache (key) VALUES (OLD.key);
    DELETE FROM removed_cache WHERE id <= (SELECT max(id) FROM removed_cache) - 10000;
  END;
  `,
  `
  -- How often a result was used.
  ALTER TABLE cache ADD COLUMN uses INTEGER NOT NULL DEFAULT 1;
  `,
  `
  -- Images of several platforms under one name. The column image of a name is then the
  -- platform that is meant without another word.
  CREATE TABLE indexes (
    digest TEXT PRIMARY KEY,
    descriptor TEXT NOT NULL,        -- JSON
    stored_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE index_images (
    idx TEXT NOT NULL REFERENCES indexes ON DELETE CASCADE,
    position INTEGER NOT NULL,
    image TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
    manifest TEXT NOT NULL,          -- its entry in the index, JSON
    PRIMARY KEY (idx, position)
  ) WITHOUT ROWID;
  CREATE INDEX index_images_image ON index_images (image);

  CREATE TABLE index_blobs (
    idx TEXT NOT NULL REFERENCES indexes ON DELETE CASCADE,
    blob TEXT NOT NULL,
    PRIMARY KEY (idx, blob)
  ) WITHOUT ROWID;

  ALTER TABLE names ADD COLUMN idx TEXT REFERENCES indexes ON DELETE SET NULL;
  CREATE INDEX names_idx ON names (idx) WHERE idx IS NOT NULL;
  `,
  `
  -- Which lines of which Dockerfile made the history of an image that was built here.
  CREATE TABLE image_steps (
    image TEXT PRIMARY KEY REFERENCES images ON DELETE CASCADE,
    file TEXT NOT NULL,
    inherited INTEGER NOT NULL,
    lines TEXT NOT NULL              -- of the entries after the inherited ones: first and last, or null; JSON
  ) WITHOUT ROWID;
  `,
  `
  -- Layers that do not hold a value; the value is told by a keyed digest.
  CREATE TABLE searched_layers (
    id INTEGER PRIMARY KEY,
    diff_id TEXT NOT NULL,
    needle TEXT NOT NULL,
    UNIQUE (diff_id, needle)
  );
  CREATE TRIGGER layer_forgotten AFTER DELETE ON layers BEGIN
    DELETE FROM searched_layers WHERE diff_id = OLD.diff_id;
  END;
  `,
  `
  -- What happened, told by those who did it: the newest only.
  CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    attributes TEXT NOT NULL         -- JSON
  );
  CREATE TRIGGER events_bounded AFTER INSERT ON events BEGIN
    DELETE FROM events WHERE id <= NEW.id - 10000;
  END;

  -- When an image was last used, coarsely; absent for those that came before this was kept.
  ALTER TABLE images ADD COLUMN used_at INTEGER;
  CREATE INDEX containers_image ON containers (image);
  `,
  `
  -- Volumes: directories that outlive their containers.
  CREATE TABLE volumes (
    name TEXT PRIMARY KEY,
    driver TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    anonymous INTEGER NOT NULL,
    labels TEXT NOT NULL,            -- JSON, null where none were given
    options TEXT NOT NULL            -- JSON, null where none were given
  ) WITHOUT ROWID;

  -- Which containers, running or not, have which volumes.
  CREATE TABLE container_volumes (
    container TEXT NOT NULL REFERENCES containers ON DELETE CASCADE,
    volume TEXT NOT NULL REFERENCES volumes,
    PRIMARY KEY (container, volume)
  ) WITHOUT ROWID;
  CREATE INDEX container_volumes_volume ON container_volumes (volume);
  `,
  `
  -- Networks of containers, and who is on them.
  CREATE TABLE networks (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    json TEXT NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO networks (id, name, created_at, json)
    SELECT lower(hex(randomblob(32))), name, 1000 * CAST(strftime('%s', 'now') AS INTEGER),
      json_object('driver', driver)
    FROM (SELECT 'bridge' AS name, 'bridge' AS driver
      UNION ALL SELECT 'host', 'host' UNION ALL SELECT 'none', 'null');
  CREATE TABLE endpoints (
    container TEXT NOT NULL,
    network TEXT NOT NULL REFERENCES networks ON DELETE CASCADE,
    json TEXT NOT NULL,
    UNIQUE (container, network)
  );
  `,
];
