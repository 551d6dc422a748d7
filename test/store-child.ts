import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** JavaScript that may use `openStore`, `store` (of `root`) and `say` (a line to the parent). */
function script(root: string, body: string): string[] {
  const open = new URL('../src/store/open-store.ts', import.meta.url).href;
  return [
    '--input-type=module',
    '-e',
    `import { writeSync } from 'node:fs';
     import { openStore } from ${JSON.stringify(open)};
     const root = ${JSON.stringify(root)};
     const say = (...words) => writeSync(1, words.join(' ') + '\\n');
     const forever = () => new Promise(() => setInterval(() => {}, 1e6));
     ${body}`,
  ];
}

/** Runs `body` in a process of its own and returns what it said. */
export function inChild(root: string, body: string): string {
  return execFileSync(process.execPath, script(root, body), { encoding: 'utf8' });
}

/** A process that works on the store in `root`. */
export interface StoreChild {
  /** Resolves when it has said `word` in a line of its own. Rejects when it ends before. */
  said(word: string): Promise<void>;
  /** Kills it with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  /** Waits for its end; returns what it said. Rejects when its exit code is not 0. */
  end(): Promise<string>;
}

/** Starts `body` in a process of its own. */
export function startChild(root: string, body: string): StoreChild {
  const child = spawn(process.execPath, script(root, body), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    for (const listener of listeners) listener();
  });
  return {
    said: (word) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!output.split('\n').slice(0, -1).includes(word)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void gone.then(() =>
          reject(new Error(`the child ended without saying ${word}: ${output}`)),
        );
      }),
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async end() {
      const [code] = await gone;
      if (code !== 0) throw new Error(`the child ended with ${code}: ${output}`);
      return output;
    },
  };
}
