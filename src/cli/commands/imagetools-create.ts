import { resolve } from 'node:path';
import { collect } from '../../base/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import type { CombineRequest } from '../../engine/list-types.ts';
import { hostPlatform, parsePlatform, type Platform } from '../../oci/platform.ts';
import { command } from '../command.ts';
import { fileBytes } from '../files.ts';
import { flag } from '../flags.ts';
import { openTransferRenderer } from '../render/renderer.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

const ANNOTATION = /^(?:(index|manifest-descriptor)(?:\[([^\]]+)\])?:)?([^=]+)=(.*)$/s;

/** Bytes of a name or a descriptor. */
const FILE_LIMIT = 1024 * 1024;

/** `buildx imagetools create`. */
export const imagetoolsCreate = command({
  usage: '[OPTIONS] [SOURCE...]',
  operands: [0, Number.POSITIVE_INFINITY],
  flags: {
    ...REACH_FLAGS,
    annotation: flag.list(
      'string',
      "Of the index, or with 'manifest-descriptor[PLATFORM]:' before it of an entry: key=value",
    ),
    append: flag.toggle('Add to what the first tag has now'),
    builder: flag.refused('there is one builder, and nothing to choose'),
    'dry-run': flag.toggle('Print the index, and push nothing'),
    file: flag.list('file', 'Read a source from a file: a name, or a descriptor', 'f'),
    platform: flag.stringSlice('strings', 'Only the entries for these platforms', 'p'),
    'prefer-index': flag.toggle('Put a single image into an index too', undefined, true),
    progress: flag.choice(['auto', 'plain', 'tty', 'quiet', 'none'], 'How much to tell'),
    tag: flag.list('string', 'A name for the result', 't'),
  },
  examples: [
    [
      'Images built on two machines, under one name',
      'stave buildx imagetools create -t registry.example.com/app:1 registry.example.com/app:1-amd64 registry.example.com/app:1-arm64',
      'a registry',
    ],
    [
      'What it would be',
      'stave buildx imagetools create --dry-run registry.example.com/app:1',
      'a registry',
    ],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, stderr, env, cwd, signal } = context;
    const files = flags.file.map(async (file) => {
      const text = await collect(fileBytes(resolve(cwd, file), file), FILE_LIMIT);
      return text.toString().trim();
    });
    const request = {
      sources: [...operands, ...(await Promise.all(files))],
      tags: flags['dry-run'] ? [] : flags.tag,
      append: flags.append,
      platforms: flags.platform.map(platformOf),
      preferIndex: flags['prefer-index'],
      ...annotationsOf(flags.annotation),
    };
    if (request.sources.length === 0) throw new UsageError('no sources specified');
    if (flags.tag.length === 0 && !flags['dry-run']) {
      throw new UsageError('no tag: say with -t what the result is to be called, or --dry-run');
    }
    const { lists } = await engine(reach(context));
    const isQuiet = flags.progress === 'quiet' || flags.progress === 'none';
    using display = isQuiet ? undefined : await openTransferRenderer(stderr, env);
    const { bytes, root, tags } = await lists.combine(request, {
      signal,
      ...(display && { progress: display.sink }),
    });
    if (flags['dry-run'])
      stdout.line(JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), undefined, 2));
    for (const tag of tags) stderr.line(`pushed ${root.digest} to ${tag}`);
  },
});

function platformOf(text: string): Platform {
  return parsePlatform(text, hostPlatform(process.arch));
}

function annotationsOf(
  texts: readonly string[],
): Pick<CombineRequest, 'annotations' | 'entryAnnotations'> {
  const annotations: Record<string, string> = {};
  const entryAnnotations: NonNullable<CombineRequest['entryAnnotations']>[number][] = [];
  for (const text of texts) {
    const [, kind = 'index', platform, key = '', value = ''] = ANNOTATION.exec(text) ?? [];
    if (key === '')
      throw new UsageError(`invalid annotation ${JSON.stringify(text)}: expected key=value`);
    if (kind === 'index') annotations[key] = value;
    else
      entryAnnotations.push({
        key,
        value,
        ...(platform !== undefined && { platform: platformOf(platform) }),
      });
  }
  return { annotations, entryAnnotations };
}
