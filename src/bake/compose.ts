import { composeTarget } from './compose-target.ts';
import {
  isMap,
  mapAt,
  mapTexts,
  mergeYaml,
  scalar,
  type Yaml,
  type YamlMap,
} from './compose-model.ts';
import { BakeError, BakeFileError } from './errors.ts';
import type { BakeFile } from './files.ts';
import { sourceOf } from './hcl/source.ts';
import { interpolate, parseDotenv } from './interpolate.ts';
import type { Definition, Target } from './target.ts';
import type { World } from './model.ts';

/** Aliases that one file may expand. */
const ALIASES = 1000;

/**
 * The targets that the services of compose files are: each that has a `build`. Variables come
 * from `--var`, the environment and `.env`. Throws BakeError, BakeFileError.
 */
export async function readCompose(
  files: readonly BakeFile[],
  { vars, env, dotenv }: World & { readonly dotenv: string | undefined },
): Promise<Definition> {
  const outside = (name: string): string | undefined => vars.get(name) ?? env[name];
  const inFile = dotenv === undefined ? new Map<string, string>() : parseDotenv(dotenv, outside);
  const lookup = (name: string): string | undefined => outside(name) ?? inFile.get(name);
  let model: Yaml = {};
  for (const file of files) {
    const content = mapTexts(await parseYaml(file), (text) => interpolate(text, lookup));
    if (!isMap(content)) throw new BakeFileError(`${file.name}: a compose file is a mapping`);
    if (content['include'] !== undefined) {
      throw new BakeError(
        `${file.name}: include is not available in this version`,
        'Name the files with -f, one after the other.',
      );
    }
    model = mergeYaml(model, content);
  }
  if (!isMap(model)) return { groups: [], targets: [] };
  const { services: declared, secrets } = {
    services: mapAt(model, 'services'),
    secrets: mapAt(model, 'secrets'),
  };
  const targets: Target[] = [];
  for (const name of Object.keys(declared)) {
    const service = extended(declared, name, []);
    const target = composeTarget(name, service, { secrets, lookup });
    if (target) targets.push(target);
  }
  return { targets, groups: [{ name: 'default', targets: targets.map(({ name }) => name) }] };
}

/** A service with what it extends. Throws BakeError. */
function extended(services: YamlMap, name: string, path: readonly string[]): YamlMap {
  const service = services[name];
  if (service === null) return {};
  if (!isMap(service)) throw new BakeError(`service ${name} is not defined`, undefined);
  const extend = service['extends'];
  if (extend === undefined) return service;
  const from = isMap(extend) ? scalar(extend['service']) : scalar(extend);
  if (isMap(extend) && extend['file'] !== undefined) {
    throw new BakeError(
      `service ${name} extends one of another file, which is not available in this version`,
    );
  }
  if (from === undefined) throw new BakeError(`service ${name}: extends names no service`);
  if (path.includes(from) || from === name) throw new BakeError(`service ${name} extends itself`);
  const { extends: _, ...own } = service;
  const merged = mergeYaml(extended(services, from, [...path, name]), own);
  return isMap(merged) ? merged : own;
}

async function parseYaml({ name, text }: BakeFile): Promise<Yaml> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text.replace(/^\ufeff/, ''), {
    merge: true,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (error) {
    const [start, end] = error.pos;
    const [first = 'it is not YAML'] = error.message.split('\n');
    throw new BakeFileError(`Invalid YAML; ${first}`, { source: sourceOf(name, text), start, end });
  }
  try {
    return document.toJS({ maxAliasCount: ALIASES }) as Yaml;
  } catch (error_) {
    if (!(error_ instanceof ReferenceError)) throw error_;
    throw new BakeFileError(`${name}: Invalid YAML; ${error_.message}`);
  }
}
