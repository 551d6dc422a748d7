import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { buildPage } from '../../scripts/page.ts';
import { ServedRegistry, type ServedOptions } from './served-registry.ts';

const PROGRAM = '/usr/bin/chromium';
const PATIENCE = 10_000;

/** How a page is looked at. */
export interface Look {
  readonly dark?: boolean;
  /** In pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Refusals that are part of the test: the browser's console tells of them too. */
  readonly refusals?: boolean;
}

/** A browser, and the files of the page as the build makes them. */
export class PageHouse implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #assets: string;

  private constructor(browser: Browser, assets: string) {
    this.#browser = browser;
    this.#assets = assets;
  }

  /** A text says why there is none. */
  static async open(): Promise<PageHouse | string> {
    if (!existsSync(PROGRAM)) return `there is no ${PROGRAM}`;
    let browser: Browser;
    try {
      browser = await chromium.launch({
        executablePath: PROGRAM,
        args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
        timeout: 30_000,
      });
    } catch (error) {
      return `Chromium does not start here: ${String(error).split('\n')[0] ?? ''}`;
    }
    const assets = mkdtempSync(join(tmpdir(), 'stave-page-'));
    await buildPage(assets);
    return new PageHouse(browser, assets);
  }

  /** A registry with the page. */
  registry(options: ServedOptions = {}): Promise<ServedRegistry> {
    return ServedRegistry.open({ page: this.#assets, ...options });
  }

  /** Opens a registry's page at what follows `#`. */
  async visit(registry: ServedRegistry, hash = '', look: Look = {}): Promise<Visit> {
    const { dark = false, width = 1100, height = 800 } = look;
    const context = await this.#browser.newContext({
      colorScheme: dark ? 'dark' : 'light',
      viewport: { width, height },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const visit = new Visit(context, page, registry.url, look.refusals === true);
    await page.goto(`${registry.url}/${hash}`);
    return visit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.#assets, { recursive: true, force: true });
  }
}

/** A page that is open. When it is closed, nothing may have gone wrong in it. */
export class Visit implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;
  /** Errors, refused policies, dialogs, and requests that went elsewhere. */
  readonly problems: string[] = [];

  constructor(context: BrowserContext, page: Page, url: string, mayBeRefused: boolean) {
    this.page = page;
    this.#context = context;
    page.on('console', (message) => {
      const text = message.text();
      const isRefusal = /Failed to load resource.*status of 4\d\d/.test(text);
      if (!['error', 'warning'].includes(message.type()) || (isRefusal && mayBeRefused)) return;
      this.problems.push(`console: ${text}`);
    });
    page.on('pageerror', (error) => this.problems.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`)) this.problems.push(`asked ${request.url()}`);
    });
  }

  /** The texts of all elements that a selector finds, once there is one. */
  async texts(selector: string): Promise<string[]> {
    await this.page.waitForSelector(selector);
    return this.page.locator(selector).allInnerTexts();
  }

  /** Waits until the page is about this. */
  heading(text: string): Promise<void> {
    return this.until(`document.querySelector("h1")?.innerText === ${JSON.stringify(text)}`);
  }

  /** Waits until an expression is true. What asks is not the page, whose policy forbids `eval`. */
  async until(expression: string): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!(await this.evaluate<boolean>(expression))) {
      assert.ok(Date.now() < end, `it never came true that ${expression}`);
      await setTimeout(30);
    }
  }

  /** The value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T> {
    return this.page.evaluate<T>(expression);
  }

  /** Fails unless the page is no wider than its window. */
  async assertFits(): Promise<void> {
    const tooWide = await this.evaluate<string[]>(
      `document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')]
          .filter((one) => one.getBoundingClientRect().right > innerWidth)
          .map((one) => one.tagName + '.' + one.className)`,
    );
    assert.deepEqual(tooWide, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    // Of two failures only one is shown.
    if (this.problems.length > 0) console.error(this.problems.join('\n'));
    assert.deepEqual(this.problems, []);
  }
}
