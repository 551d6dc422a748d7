import type { CreateOptions } from '../engine/container-types.ts';
import type { CreateRequest } from '../engine/create-request.ts';
import { anchorFile } from './anchor-files.ts';
import type { Context } from './command.ts';
import type { CREATE_FLAGS } from './create-flags.ts';
import { ObjectNotFoundError } from './errors.ts';
import { warningLines } from './render/renderer.ts';
import { PULL_WORDS } from './render/transfer-lines.ts';
import { openTransfers } from './render/transfers.ts';

/** How `run` and `create` get at their image: pulls it first where that was asked for. */
export async function creating(
  context: Pick<
    Context<typeof CREATE_FLAGS>,
    'flags' | 'stderr' | 'env' | 'signal' | 'engine' | 'cwd'
  >,
  request: CreateRequest,
): Promise<CreateOptions> {
  const { stderr, env, signal, engine } = context;
  const { pull, quiet } = context.flags;
  const signers = context.flags['require-signature'].map((typed) => anchorFile(context, typed));
  const required = signers.length > 0 && { requireSignature: signers };
  const { images, trust } = await engine();
  // The container's own output must not be mixed with ours.
  const bring = async (name: string): Promise<void> => {
    using display = await openTransfers({ stdout: stderr, stderr, env }, quiet, PULL_WORDS);
    await images.pull(
      { name, ...(request.platform && { platform: request.platform }), ...required },
      { signal, progress: display.sink },
    );
  };
  if (pull === 'always') await bring(request.image);
  return {
    signal,
    progress: warningLines(stderr),
    environment: env,
    async missing(name) {
      if (pull === 'never') throw new ObjectNotFoundError('image', name);
      stderr.line(`Unable to find image '${name}' locally`);
      await bring(name);
    },
    ...(required && {
      admit: (id) => trust.verifyStored({ id, name: request.image }, signers, { signal }),
    }),
  };
}
