import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { needsRoot } from '../scratch-images.ts';
import { ServedRegistry } from '../support/served-registry.ts';
import { TollGate } from '../support/toll-gate.ts';
import { tarOf } from '../tar-of.ts';

const MB = 1_000_000;
const SIZE = 24 * MB;
const program = join(import.meta.dirname, '../../src/cli/bin.ts');

interface House extends AsyncDisposable {
  readonly registry: ServedRegistry;
  readonly gate: TollGate;
  /** Runs the program; `isTime` says when it is to be killed. */
  readonly run: (
    args: readonly string[],
    isTime?: () => boolean,
  ) => Promise<{ code: number | null; said: string }>;
  readonly ingest: string;
}

/** An image of one incompressible layer in a store, and a registry of ours behind a gate. */
async function open(): Promise<House> {
  const registry = await ServedRegistry.open();
  const gate = await TollGate.open(() => Number(new URL(registry.url).port));
  const directory = mkdtempSync(`${tmpdir()}/stave-push-resume-`);
  const root = join(directory, 'store');
  const run: House['run'] = async (args, isTime = () => false) => {
    const command = [program, '--root', root, ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const timer = setInterval(() => isTime() && child.kill('SIGKILL'), 5);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearInterval(timer);
    return { code, said };
  };
  const tar = join(directory, 'root.tar');
  writeFileSync(tar, tarOf([{ name: 'data', data: randomBytes(SIZE) }]));
  const made = await run(['import', tar, `${gate.host}/app:v1`]);
  assert.equal(made.code, 0, made.said);
  return {
    registry,
    gate,
    run,
    ingest: join(root, 'ingest'),
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Pushes until so many bytes have gone, and kills the pusher. */
async function killedAfter({ gate, run }: House, bytes: number): Promise<void> {
  gate.passes = () => pause(1);
  const end = gate.sent + bytes;
  const { code, said } = await run(['push', '-q', `${gate.host}/app:v1`], () => gate.sent >= end);
  assert.equal(code, null, `it was over before it could be killed: ${said}`);
  gate.passes = () => undefined;
  await pause(100);
}

async function pushed({ gate, registry, run, ingest }: House): Promise<void> {
  const { code, said } = await run(['push', '-q', `${gate.host}/app:v1`]);
  assert.equal(code, 0, said);
  const { status, text } = await registry.send('GET', '/v2/app/manifests/v1');
  assert.equal(status, 200);
  const { layers } = JSON.parse(text) as { layers: { digest: string; size: number }[] };
  for (const { digest, size } of layers) {
    // The registry has checked the digest.
    const blob = await registry.send('HEAD', `/v2/app/blobs/${digest}`);
    assert.equal(Number(blob.headers['content-length']), size);
  }
  assert.deepEqual(readdirSync(ingest), []);
}

test('a push goes on where killed ones broke off', { skip: needsRoot }, async () => {
  await using house = await open();
  await killedAfter(house, 8 * MB);
  await killedAfter(house, 6 * MB);
  await pushed(house);
  const { sent } = house.gate;
  assert.ok(sent <= SIZE * 1.1, `${sent} bytes were sent of ${SIZE}`);
});

test('a push begins anew where the registry has forgotten it', { skip: needsRoot }, async () => {
  await using house = await open();
  await killedAfter(house, 8 * MB);
  await house.registry.restart(() => {
    rmSync(join(house.registry.root, 'uploads'), { recursive: true, force: true });
  });
  await pushed(house);
});
