import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { House } from '../../e2e/house.ts';
import { TestRegistry } from '../../support/test-registry.ts';
import type { Said } from './recordings.ts';
import { asStave } from './translate.ts';

/** The registry of the recordings. */
const REGISTRY = '127.0.0.1:5599';

/** Runs a command on a terminal of its own; what is typed there comes as further arguments. */
const PTY = `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dirname, 'pty.ts')} "$@"\n`;

/** A folder with a store, a home and a registry of its own, in which recorded lines are run by bash. */
export class Scene implements AsyncDisposable {
  readonly #house = new House();
  readonly #registry: TestRegistry;
  readonly #cwd: string;

  private constructor(registry: TestRegistry) {
    this.#registry = registry;
    this.#cwd = join(this.#house.directory, 'work');
    const bin = join(this.#house.directory, 'bin');
    for (const folder of [bin, this.#cwd, join(this.#house.directory, 'home')]) mkdirSync(folder);
    const start = `#!/bin/sh\nexec ${this.#house.command([]).join(' ')} "$@"\n`;
    for (const [name, text] of [
      ['stave', start],
      ['pty', PTY],
    ] as const) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
  }

  /** `open`: the registry lets everybody in. */
  static async open(options: { readonly open?: boolean } = {}): Promise<Scene> {
    return new Scene(await TestRegistry.open(options.open === true ? {} : { auth: 'basic' }));
  }

  /** Runs a recorded line, with stave in Docker's place. */
  async run(line: string): Promise<Said> {
    const { directory } = this.#house;
    const command = asStave(line)
      .replaceAll(REGISTRY, this.#registry.host)
      .replaceAll('<home>', join(directory, 'home'))
      .replaceAll('<helper-dir>', join(directory, 'bin'))
      .replaceAll('<cwd>', this.#cwd);
    const child = spawn('/bin/bash', ['-c', command], {
      cwd: this.#cwd,
      env: {
        PATH: `${join(directory, 'bin')}:${process.env['PATH']}`,
        HOME: join(directory, 'home'),
        RECORDINGS: import.meta.dirname,
        TZ: 'UTC',
        LC_ALL: 'C.UTF-8',
        // Nothing of the recordings may reach a registry outside, whatever the machine.
        HTTPS_PROXY: 'http://127.0.0.1:9',
        NO_PROXY: '127.0.0.1,localhost',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    const shown = (text: string): string =>
      text
        .replaceAll(this.#registry.host, REGISTRY)
        .replaceAll(join(directory, 'home'), '<home>')
        .replaceAll(this.#cwd, '<cwd>')
        .replaceAll(join(directory, 'store'), '<data-root>');
    return { stdout: shown(said.stdout), stderr: shown(said.stderr), code: code ?? 128 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry[Symbol.asyncDispose]();
    this.#house[Symbol.dispose]();
  }
}
