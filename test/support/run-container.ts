import { StaveError } from '../../src/base/errors.ts';
import type { CreateRequest } from '../../src/engine/create-request.ts';
import { openEngine } from '../../src/engine/open-engine.ts';

// Run as a program of its own: it hands its own input and output to a container.
// Who reads may stop reading.
process.stdout.on('error', () => undefined);
const [, , root, text] = process.argv;
await using engine = await openEngine({ root: root as string });
try {
  const request = JSON.parse(text as string) as CreateRequest;
  const { session } = await engine.containers.run(request, {
    environment: { CALLER: 'value' },
    progress: (event) => {
      if (event.type === 'warning') process.stderr.write(`WARNING: ${event.message}\n`);
    },
    attach: {
      stdout: (chunk) => void process.stdout.write(chunk),
      stderr: (chunk) => void process.stderr.write(chunk),
    },
  });
  if (!session) throw new Error('no session');
  if (session.interactive) {
    process.stdin.on('data', (chunk) => void session.send(chunk));
    process.stdin.on('end', () => session.endInput());
  }
  process.exitCode = await session.ended;
  session[Symbol.dispose]();
  process.stdin.destroy();
} catch (error) {
  if (!(error instanceof StaveError)) throw error;
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
