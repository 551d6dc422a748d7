import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeListing } from './listing.ts';

test('tables show what would move the cursor, and align what they show', async () => {
  const listing = {
    rows: ['a\x1b[2J', 'b\nc'],
    fields: [
      { key: 'Name', title: 'NAME', value: (row: string) => row },
      { key: 'Size', title: 'SIZE', value: () => '1' },
    ],
    columns: ['Name', 'Size'],
    type: '*formatter.testContext',
  };
  const written = async (format: string): Promise<string> => {
    let all = '';
    const write = (text: string): void => void (all += text);
    await writeListing(
      { stdout: { terminal: false, write, line: write, raw: () => {} } },
      listing,
      format,
    );
    return all;
  };
  assert.equal(await written('table'), 'NAME       SIZE\na\\x1b[2J   1\nb c        1\n');
  assert.match(await written('table {{.Name}}\t{{.Size}}'), /^a\\x1b\[2J +1$/m);
  // Whoever asks for the bare text gets it.
  assert.match(await written('{{.Name}}'), /^a\x1b\[2J$/m);
});
