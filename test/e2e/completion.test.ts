import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { exec, House, skip, top } from './house.ts';

/*
 * The scripts of `stave completion` in the shells themselves. Each returns what the shell would
 * offer for a line, the cursor at its end.
 */
const SHELLS: Readonly<Record<string, string>> = {
  bash: `
source <(stave completion bash)
COMP_LINE=$1 COMP_POINT=\${#1}
cur=\${1##* }
compopt() { :; }
_stave stave "$cur" ''
printf '%s\\n' "\${COMPREPLY[@]}"`,
  // A terminal of its own, in which Tab is pressed; what would be offered is printed instead.
  zsh: `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT= ; stty cols 500; autoload -Uz compinit; compinit -u -d $TMP/dump"
zpty -w shell 'source <(stave completion zsh)'
zpty -w shell 'compadd() { print -rl -- "\${words_[@]}" >$TMP/found }'
zpty -w shell 'tab() { zle complete-word; print >$TMP/done }; zle -N tab; bindkey "^I" tab'
zpty -w shell 'print -r rea""dy'
while zpty -r shell line; do [[ $line == *ready* ]] && break; done
rm -f $TMP/found $TMP/done
zpty -w -n shell "$1"$'\\t'
for i in {1..300}; do [[ -e $TMP/done ]] && break; sleep 0.1; done
cat $TMP/found 2>/dev/null`,
  fish: `
stave completion fish | source
complete -C"$argv[1]"`,
};

let house: House | undefined;
before(() => {
  if (skip !== false) return;
  house = new House();
  house.base();
});
after(() => house?.[Symbol.dispose]());

function offered(shell: string, line: string): string[] {
  assert.ok(house);
  const env = {
    ...process.env,
    HOME: house.directory,
    TMP: house.directory,
    STAVE_ROOT: house.root,
    PATH: `${join(top, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
  };
  const script = SHELLS[shell] ?? '';
  const args = shell === 'fish' ? [line] : [shell, line];
  const { stdout } = exec([shell, '-c', script, ...args], { env, cwd: house.directory });
  return stdout
    .split('\n')
    .map((row) => row.split('\t')[0] ?? '')
    .filter((row) => row !== '');
}

for (const shell of Object.keys(SHELLS)) {
  const missing = spawnSync(shell, ['-c', 'true']).error !== undefined;
  const reason = skip !== false ? skip : missing ? `${shell} is not here` : false;

  test(`${shell} completes commands, flags, their values and images`, { skip: reason }, () => {
    assert.deepEqual(offered(shell, 'stave ima'), ['image', 'images']);
    assert.deepEqual(offered(shell, 'stave image lo'), ['load']);
    assert.deepEqual(offered(shell, 'stave images --no-'), ['--no-trunc']);
    assert.deepEqual(offered(shell, 'stave build --progress ra'), ['rawjson']);
    assert.deepEqual(offered(shell, 'stave rmi ba'), ['base:latest']);
  });

  test(`${shell} makes no store`, { skip: reason }, () => {
    assert.ok(house);
    const elsewhere = join(house.directory, 'elsewhere');
    assert.deepEqual(offered(shell, `stave --root ${elsewhere} rmi ba`), []);
    assert.ok(!existsSync(elsewhere));
  });
}
