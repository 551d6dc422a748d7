import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ServedRegistry } from '../support/served-registry.ts';
import { filesOnly } from '../support/served-registry.ts';
import { PageHouse } from '../support/page-browser.ts';
import { type Made, noise, PageImages } from '../support/page-images.ts';
import { basic, withTokens, withUsers } from '../support/registry-users.ts';

const opened = await PageHouse.open();
const skip = typeof opened === 'string' ? opened : false;
const house = opened as PageHouse;
after(async () => {
  if (!skip) await house[Symbol.asyncDispose]();
});

const APP: Made = {
  config: { Entrypoint: ['/bin/app'], Env: ['A=1'], Labels: { title: 'the app' } },
  steps: [
    {
      by: '/bin/sh -c #(nop) ADD file:1d2c in / ',
      files: [
        { name: 'etc/hosts', data: 'x' },
        { name: 'lib/libc.so', data: noise(40_000) },
      ],
    },
    { by: '/bin/sh -c #(nop)  ENV A=1' },
    {
      by: 'RUN /bin/sh -c make install # buildkit',
      files: [
        { name: 'usr/share/app/data.bin', data: noise(20_000, 2) },
        { name: 'usr/bin/app', data: noise(9000, 3), mode: 0o755 },
      ],
    },
    { by: 'COPY conf /etc/ # buildkit', files: [{ name: 'etc/app.conf', data: 'y' }] },
  ],
};

async function withApp(registry: ServedRegistry, headers = {}): Promise<PageImages> {
  const images = new PageImages(registry, headers);
  await images.image('team/app', 'v1', APP);
  return images;
}

test('repositories are listed, searched and opened', { skip }, async () => {
  await using registry = await house.registry();
  await withApp(registry);
  for (let at = 0; at < 60; at += 1) await registry.blob(`many/r${at}`, 'x');
  await using visit = await house.visit(registry);
  const { page } = visit;
  assert.equal((await visit.texts('.rows a')).length, 50);
  await page.getByRole('button', { name: 'Show more' }).click();
  await visit.until('document.querySelectorAll(".rows a").length === 61');
  await page.getByLabel('Search repositories').fill('APP');
  await visit.until('document.querySelectorAll(".rows a").length === 1');
  await page.getByRole('link', { name: 'team/app' }).click();
  await visit.heading('team/app');
  await page.getByRole('link', { name: 'v1', exact: true }).click();
  await visit.heading('team/app:v1');
  await visit.until('document.title.startsWith("team/app:v1")');
});

test(
  'an index shows its platforms, what is claimed of them, and no unknown one',
  { skip },
  async () => {
    await using registry = await house.registry();
    const images = new PageImages(registry);
    const entries = [];
    for (const architecture of ['amd64', 'arm64']) {
      entries.push({
        architecture,
        entry: await images.image('app', undefined, { ...APP, architecture }),
      });
    }
    const index = await images.index('app', 'v1', entries);
    await images.referrer('app', index, 'application/vnd.cncf.notary.signature', '{"a":1}');
    await using visit = await house.visit(registry, '#/app');
    const { page } = visit;
    assert.deepEqual(await visit.texts('.chips .chip'), ['linux/amd64', 'linux/arm64']);
    await page.getByRole('link', { name: 'v1' }).click();
    assert.deepEqual(await visit.texts('.platforms strong'), ['linux/amd64', 'linux/arm64']);
    assert.deepEqual(await visit.texts('.claims'), Array(2).fill('SBOM (SPDX), Provenance (SLSA)'));
    await page.getByText('Signature (Notary Project)').waitFor();
    assert.doesNotMatch(await page.innerText('body'), /unknown/);
    const lines = await visit.texts('.commands code');
    const place = `${new URL(registry.url).host}/app`;
    assert.deepEqual(lines, [
      `stave pull ${place}:v1`,
      `docker pull ${place}:v1`,
      `stave pull ${place}@${index.digest}`,
    ]);
    await page.getByRole('link', { name: 'linux/arm64' }).click();
    await page.waitForSelector('.platforms li:nth-child(2) [aria-current]');
    await page.getByText('linux/arm64', { exact: true }).last().waitFor();
    await page.getByRole('link', { name: 'SBOM (SPDX), Provenance (SLSA)' }).first().click();
    await page.getByText('Attestation (in-toto)').waitFor();
    await page.getByRole('button', { name: 'Show' }).first().click();
    assert.match(await page.innerText('pre.text'), /"predicateType": "https:\/\/spdx.dev/);
    await page.goBack();
    // What a signature is made of can be read too.
    await page.getByRole('link', { name: 'Signature (Notary Project)' }).click();
    await page.getByRole('button', { name: 'Show' }).click();
    assert.equal(await page.innerText('pre.text'), '{\n  "a": 1\n}');
  },
);

test('the picture of the layers is used with the keyboard', { skip }, async () => {
  await using registry = await house.registry();
  await withApp(registry);
  await using visit = await house.visit(registry, '#/team/app:v1');
  const { page } = visit;
  await page.waitForSelector('.cell');
  assert.equal(await page.locator('.cell[tabindex="0"]').count(), 1);
  const areas = await visit.evaluate<number[]>(
    `[...document.querySelectorAll('.cell')]
       .sort((a, b) => a.dataset.at - b.dataset.at)
       .map((cell) => cell.offsetWidth * cell.offsetHeight)`,
  );
  assert.ok((areas[0] ?? 0) > (areas[1] ?? 0) && (areas[1] ?? 0) > (areas[2] ?? 0), areas.join());
  await page.locator('.cell[tabindex="0"]').focus();
  const focused = (): Promise<string> =>
    visit.evaluate('document.activeElement.getAttribute("aria-label") ?? ""');
  assert.match(await focused(), /^Layer 1 of 3, .*: ADD file:1d2c in \/$/);
  await page.keyboard.press('ArrowRight');
  assert.match(await focused(), /^Layer 2 of 3, .*: RUN make install$/);
  await page.keyboard.press('End');
  assert.match(await focused(), /^Layer 3 of 3/);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.cell[aria-pressed="true"]');
  assert.deepEqual(await visit.texts('.panel pre'), ['RUN make install']);
  // The list says the same without a picture.
  assert.deepEqual(await visit.texts('.layers .instruction'), [
    'ADD file:1d2c in /',
    'RUN make install',
    'COPY conf /etc/',
  ]);
  assert.deepEqual(await visit.texts('.history .instruction'), [
    'ADD file:1d2c in /',
    'ENV A=1',
    'RUN make install',
    'COPY conf /etc/',
  ]);
});

test('files of a layer open directory by directory, and are searched', { skip }, async () => {
  await using registry = await house.registry();
  await withApp(registry);
  await using visit = await house.visit(registry, '#/team/app:v1');
  const { page } = visit;
  await page
    .getByRole('button', { name: /RUN make install/ })
    .last()
    .click();
  const tree = page.getByRole('tree');
  const names = (): Promise<string[]> => visit.texts('.tree .name');
  assert.deepEqual(await names(), ['usr/']);
  await tree.getByRole('treeitem').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.getByText('bin/', { exact: true }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.getByText('app', { exact: true }).waitFor();
  assert.deepEqual(await names(), ['usr/', 'bin/', 'app', 'share/']);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await visit.until(
    `[...document.querySelectorAll('.tree .name')].map((one) => one.innerText).join() === 'usr/,bin/,share/'`,
  );
  await page.getByLabel('Search files').fill('DATA');
  assert.deepEqual(await visit.texts('.found .name'), ['usr/share/app/data.bin']);
});

test('light and dark follow the system until somebody chooses', { skip }, async () => {
  await using registry = await house.registry();
  const ground = 'getComputedStyle(document.body).backgroundColor';
  await using dark = await house.visit(registry, '', { dark: true });
  await using light = await house.visit(registry, '');
  await dark.page.waitForSelector('h1');
  await light.page.waitForSelector('h1');
  const [night, day] = [await dark.evaluate<string>(ground), await light.evaluate<string>(ground)];
  assert.notEqual(night, day);
  await dark.page.getByRole('button', { name: 'Theme: auto' }).click();
  assert.equal(await dark.evaluate(ground), day);
  await dark.page.reload();
  await dark.page.getByRole('button', { name: 'Theme: light' }).click();
  assert.equal(await dark.evaluate(ground), night);
});

test('everything fits a phone', { skip }, async () => {
  await using registry = await house.registry();
  await withApp(registry);
  const images = new PageImages(registry);
  const long = 'a'.repeat(100);
  await images.image(`${long}/${long}`, 'b'.repeat(128), { steps: [] });
  await using visit = await house.visit(registry, '', { width: 360, height: 700 });
  const { page } = visit;
  await page.waitForSelector('.rows a');
  await visit.assertFits();
  for (const hash of [`#/${long}/${long}`, `#/${long}/${long}:${'b'.repeat(128)}`, '#/team/app']) {
    await page.goto(`${registry.url}/${hash}`);
    await page.waitForSelector('main section');
    await visit.assertFits();
  }
  await page.getByRole('link', { name: 'v1', exact: true }).click();
  await page.locator('.layers button').first().click();
  await page.waitForSelector('.tree');
  await visit.assertFits();
});

test('the keyboard reaches what is shown, past the head of the page', { skip }, async () => {
  await using registry = await house.registry();
  await withApp(registry);
  await using visit = await house.visit(registry);
  const { page } = visit;
  await page.waitForSelector('.rows a');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await visit.evaluate('document.activeElement.id'), 'main');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await visit.heading('team/app');
  await visit.until('document.activeElement.id === "main"');
});

test('a tag, and then its manifest, go when that is confirmed', { skip }, async () => {
  await using registry = await house.registry();
  const images = await withApp(registry);
  const { digest } = await images.image('team/app', 'v2', APP);
  await using visit = await house.visit(registry, '#/team/app:v2', { refusals: true });
  const { page } = visit;
  const status = async (reference: string): Promise<number> =>
    (await registry.send('HEAD', `/v2/team/app/manifests/${reference}`)).status;
  await page.getByRole('button', { name: 'Delete tag' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  assert.equal(await status('v2'), 200);
  await page.getByRole('button', { name: 'Delete tag' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Delete tag' }).click();
  await visit.until('location.hash === "#/team/app"');
  assert.deepEqual([await status('v2'), await status(digest)], [404, 200]);
  await page.goto(`${registry.url}/#/team/app@${digest}`);
  await page.getByRole('button', { name: 'Delete manifest' }).click();
  await page.locator('dialog').getByRole('button', { name: 'Delete manifest' }).click();
  await visit.until('location.hash === "#/team/app"');
  assert.deepEqual([await status('v1'), await status(digest)], [404, 404]);
  await page.getByText('No tags.').waitFor();
});

test('what was pushed and deleted is told', { skip: skip || filesOnly }, async () => {
  await using registry = await house.registry({
    access: withUsers({ rules: ['*:**:all', 'anonymous:**:all'] }),
  });
  await withApp(registry, basic('alice'));
  await using visit = await house.visit(registry, '#/team/app:v1');
  await visit.page.getByText('Changes').waitFor();
  assert.match((await visit.texts('ol.rows li')).join(), /push[^]*by alice/);
});

for (const [kind, access] of [
  ['passwords', withUsers],
  ['tokens', withTokens],
] as const) {
  test(`whoever signs in, with ${kind}, sees more`, { skip }, async () => {
    const rules = ['alice,bob:**:all', 'anonymous:none/**:pull'];
    await using registry = await house.registry({ access: access({ rules }) });
    await withApp(registry, basic('alice'));
    await using visit = await house.visit(registry, '#/team/app', { refusals: true });
    const { page } = visit;
    await page.getByText('This is for those who have signed in.').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await page.getByLabel('User').fill('alice');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('The user or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill('alice-pw');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'v1', exact: true }).click();
    await page.getByRole('button', { name: 'Delete tag' }).waitFor();
    const kept = await visit.evaluate<string>(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])',
    );
    assert.doesNotMatch(kept, /alice|ey[A-Z]/);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('This is for those who have signed in.').waitFor();
  });
}

test('hostile texts are nothing but texts', { skip }, async () => {
  await using registry = await house.registry();
  const images = new PageImages(registry);
  const evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
  const url = 'javascript:alert(3)';
  await images.image('evil', 'onerror.alert-1', {
    config: { Labels: { [evil]: evil, url }, Env: [evil], Cmd: ['a\u202eb\u001b[31m'], User: evil },
    steps: [
      { by: `RUN /bin/sh -c echo '${evil}' # buildkit`, files: [{ name: evil, data: 'x' }] },
      { by: evil },
    ],
  });
  const subject = await images.image('evil', 'two', { steps: [] });
  await images.document('evil', undefined, {
    artifactType: 'application/vnd.x+json',
    config: await images.blob('evil', '{}', 'application/vnd.oci.empty.v1+json'),
    layers: [await images.blob('evil', evil, 'text/html')],
    subject,
    annotations: { 'in-toto.io/predicate-type': evil, [evil]: evil },
  });
  await using visit = await house.visit(registry, '#/evil:onerror.alert-1');
  const { page } = visit;
  await page.locator('.layers button').first().click();
  await page.waitForSelector('.tree .name');
  assert.match((await visit.texts('.tree .name')).join(), /<img src=x/);
  assert.match(await page.innerText('main'), /a\\u202eb\\u001b\[31m/);
  await page.goto(`${registry.url}/#/evil:two`);
  await page.getByRole('link', { name: evil }).click();
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await page.innerText('pre.text'), evil);
  for (const hash of [`#/${evil}`, '#/evil:__proto__', '#/%00', '#/evil@sha256:../..?platform=x']) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await page.waitForSelector('h1');
  }
  assert.equal(await page.locator('main img, main script, main iframe').count(), 0);
  visit.problems.splice(
    0,
    visit.problems.length,
    ...visit.problems.filter((one) => !/status of 40\d/.test(one)),
  );
});
