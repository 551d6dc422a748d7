import { readFileSync } from 'node:fs';
import { systemClock } from '../base/clock.ts';
import { Exit } from '../base/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { type EnginePlace, Interrupted, type Host } from './command.ts';
import { explain } from './explain.ts';
import { parseGlobalOptions, storeLocation } from './global-options.ts';
import { standardInput } from './input.ts';
import { main } from './main.ts';
import { BrokenPipe, descriptorOutput, type Output } from './output.ts';

/** Runs the command line in this process. Returns the exit code; everything is closed by then. */
export async function runProcess(argv: readonly string[], uid: number): Promise<number> {
  const stderr = descriptorOutput(2);
  const stop = new AbortController();
  let code: number = Exit.failure;
  let engine: Promise<Engine> | undefined;
  try {
    const options = parseGlobalOptions(argv);
    listenForSignals(stop);
    const host: Host = {
      env: process.env,
      cwd: process.cwd(),
      stdin: standardInput(),
      stdout: descriptorOutput(1),
      stderr,
      clock: systemClock,
      signal: stop.signal,
      version: packageVersion,
      engine: (place = {}) => (engine ??= open({ root: options.root, ...place }, uid, stderr)),
    };
    code = await main(options, host);
    // One that could not be opened was complained about already.
    await engine?.then(
      (opened) => opened[Symbol.asyncDispose](),
      () => undefined,
    );
  } catch (error) {
    if (error instanceof BrokenPipe) return code;
    const { text, exitCode } = explain(error, { debug: false, command: 'stave' });
    stderr.write(text);
    return exitCode;
  }
  return code;
}

async function open(place: EnginePlace, uid: number, stderr: Output): Promise<Engine> {
  const { root, mustExist = false, registries } = place;
  if (uid !== 0) {
    const { enterOwnNamespace } = await import('../engine/rootless.ts');
    // This process is another one afterwards, unless the machine gives users no namespaces.
    await enterOwnNamespace({
      uid,
      gid: process.getgid?.() ?? uid,
      cwd: process.cwd(),
      env: process.env,
      argv: [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
      warn: (text) => stderr.line(`Warning: ${text}`),
    });
  }
  const { openEngine } = await import('../engine/open-engine.ts');
  const location = storeLocation(root, callerUid(uid), process.env);
  return openEngine({
    ...location,
    version: packageVersion(),
    mustExist,
    ownProcess: true,
    registries: { environment: process.env, ...registries },
  });
}

/** Who started it: in a namespace of his own a user is root. `bin/stave` says so too. */
function callerUid(uid: number): number {
  const said = process.env['STAVE_CALLER_UID'];
  return uid === 0 && said !== undefined && /^\d+$/.test(said) ? Number(said) : uid;
}

/** The first signal asks the work to end; the second does not wait for it. */
function listenForSignals(stop: AbortController): void {
  for (const [signal, exitCode] of [
    ['SIGINT', Exit.interrupted],
    ['SIGTERM', Exit.terminated],
  ] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(exitCode);
      stop.abort(new Interrupted(exitCode));
    });
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
