import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { warningLines } from '../render/renderer.ts';

/** `container commit`, `commit`. */
export const containerCommit = command({
  usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  operands: [1, 2],
  flags: {
    author: flag.text('string', 'Who made it: "Ann <ann@example.com>"', 'a'),
    change: flag.list('list', "A Dockerfile instruction for the image's config", 'c'),
    config: flag.refused('a file of settings is not available: use --change'),
    dockerfile: flag.text('dir', 'Where the Dockerfile of a recorded container goes'),
    format: flag.choice(['oci', 'docker'], 'Form of the image: oci'),
    iidfile: flag.text('string', 'A file for the image ID'),
    'include-volumes': flag.refused('what is in volumes cannot be part of an image'),
    message: flag.text('string', 'Comment for the history', 'm'),
    'no-pause': flag.toggle('Let the container run meanwhile'),
    pause: flag.toggle('Pause the container meanwhile', 'p', true),
    quiet: flag.toggle('Print the image ID and nothing else, as always', 'q'),
    squash: flag.refused(
      "layers are not merged: 'export' and 'import' make an image of one layer",
      's',
    ),
    verify: flag.toggle('Build the Dockerfile of a recorded container, and tell what differs'),
  },
  examples: [
    ['What a container became, as an image', 'stave commit web1 web:changed', 'a container web1'],
    [
      'With another command and a port',
      'stave commit -m "install nginx" -c \'CMD /usr/sbin/nginx -g "daemon off;"\' -c "EXPOSE 80" web1 web:2',
      'a container web1',
    ],
    [
      'A recorded container, with a Dockerfile that makes it again',
      'stave commit --dockerfile ./web --verify web1 web:3',
      'a container that was started with --record',
    ],
  ],

  async run({ operands, flags, typed, engine, stdout, stderr, cwd, signal }) {
    const [container = '', name] = operands;
    const { author, message, change, format, iidfile, verify, dockerfile } = flags;
    if (format === 'docker') {
      throw new InvalidInputError('images are kept in the form oci', {
        hint: "'stave copy --format docker' writes the other one.",
      });
    }
    if (typed.has('pause') && typed.has('no-pause') && flags.pause === flags['no-pause']) {
      throw new InvalidInputError('conflicting options: --pause and --no-pause');
    }
    const { commit, containers, recordings } = await engine();
    // Whoever asks for a draft is told first that there is none.
    if (verify || dockerfile !== undefined) await recordings.draft({ container, changes: change });
    const isRecorded = await recordings.has(container);
    const id = await commit(
      {
        container,
        changes: change,
        pause: flags.pause && !flags['no-pause'],
        ...(name !== undefined && name !== '' && { name }),
        ...(author !== undefined && { author }),
        ...(message !== undefined && { message }),
      },
      { signal, progress: warningLines(stderr) },
    );
    if (iidfile !== undefined) writeFileSync(resolve(cwd, iidfile), id);
    stdout.line(id);
    if (!isRecorded) return undefined;
    const { draftDirectory, shownPlace, writeCheck } = await import('../draft-text.ts');
    const directory =
      dockerfile === undefined
        ? draftDirectory(cwd, (await containers.inspect(container)).name)
        : resolve(cwd, dockerfile);
    const { warnings } = await recordings.write({ container, changes: change }, directory);
    stderr.line(`Dockerfile: ${shownPlace(cwd, join(directory, 'Dockerfile'))}`);
    for (const warning of warnings) stderr.line(`WARNING: ${warning}`);
    if (!verify) return undefined;
    const progress = warningLines(stderr);
    const check = await recordings.check(directory, id, { signal, progress });
    // Only the image ID goes where scripts read it.
    return writeCheck({ stdout: stderr }, check);
  },
});
