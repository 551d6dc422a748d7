import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { ObjectNotFoundError } from '../errors.ts';
import { StaveError } from '../../base/errors.ts';

/** `manifest inspect`. */
export const manifestInspect = command({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  operands: [1, 1],
  flags: {
    insecure: flag.toggle('Ignored: what may be insecure is a matter of settings'),
  },
  examples: [
    [
      'What a tag points at, as the registry has it',
      'stave manifest inspect alpine:3',
      'a registry',
    ],
  ],

  async run({ operands: [name = ''], engine, stdout, signal }) {
    const { registries } = await engine();
    try {
      const { bytes } = await registries.manifest(name, { signal });
      const value: unknown = JSON.parse(Buffer.from(bytes).toString());
      stdout.line(JSON.stringify(value, undefined, '\t'));
    } catch (error) {
      if (!(error instanceof StaveError) || error.code !== 'REMOTE_NOT_FOUND') throw error;
      throw new ObjectNotFoundError('manifest', name);
    }
  },
});
