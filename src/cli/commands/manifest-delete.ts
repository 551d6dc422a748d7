import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { confirm } from '../confirm.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

/** `manifest delete`. */
export const manifestDelete = command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  operands: [1, 1],
  flags: { ...REACH_FLAGS, force: flag.toggle('Do not ask', 'f') },
  examples: [
    ['A tag', 'stave manifest delete registry.example.com/app:old', 'a registry'],
    [
      'A manifest with all of its tags',
      'stave manifest delete -f registry.example.com/app@sha256:…',
      'a registry',
    ],
  ],

  async run(context) {
    const {
      operands: [name = ''],
      flags,
      engine,
      stdout,
      signal,
    } = context;
    const { registries } = await engine(reach(context));
    if (!flags.force) {
      const what = name.includes('@') ? `${name} and all of its tags` : name;
      if (!(await confirm(context, `This will remove ${what} from its registry.`))) return;
    }
    const digest = await registries.remove(name, { signal });
    stdout.line(`Deleted: ${name}${name.includes('@') ? '' : ` (${digest})`}`);
  },
});
