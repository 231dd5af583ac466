/** A headless Chromium of the system, and pages of the inspector of real nodes in it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Daemon, deadlineMs } from '../processes/support.ts';

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly touch?: boolean;
  /** Which view to open. */
  readonly view?: 'grove' | 'machines' | 'convergence';
}

export interface Browser {
  /** The node's page, opened with its token. Errors of the page end up in `complaints`. */
  open(daemon: Daemon, options?: PageOptions): Promise<Page>;
  /** Any other page that this address leads to. */
  openAt(address: string, options?: PageOptions): Promise<Page>;
  readonly complaints: readonly string[];
  /** Takes back complaints that a test provokes. */
  forget(pattern: RegExp): void;
  /** Ends every page, and goes on: one that stays open goes on drawing. */
  closePages(): Promise<void>;
  close(): Promise<void>;
}

/** Every page has a context of its own, with its own cookies: nodes of one machine share a host name. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = executables.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error('no Chromium: `apt-get install chromium`, or run .ci/run');
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const complaints: string[] = [];
  const contexts = new Set<BrowserContext>();

  async function openAt(address: string, options: PageOptions = {}): Promise<Page> {
    const { width = 1280, height = 800, dark = false, touch = false } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? 'dark' : 'light',
      hasTouch: touch,
      isMobile: touch,
      deviceScaleFactor: touch ? 1.5 : 1,
      locale: 'en-GB',
    });
    contexts.add(context);
    context.setDefaultTimeout(deadlineMs);
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(address);
    return page;
  }

  async function closePages(): Promise<void> {
    await Promise.all([...contexts].map((context) => context.close()));
    contexts.clear();
  }

  return {
    complaints,
    forget: (pattern) => {
      complaints.splice(0, complaints.length, ...complaints.filter((text) => !pattern.test(text)));
    },
    openAt,
    open: async (daemon, options = {}) => {
      const page = await openAt(pageAddress(daemon), options);
      const { view = 'grove' } = options;
      if (view !== 'grove') await page.goto(`${new URL(page.url()).origin}/#/${view}`);
      await page.locator('.feed.live').waitFor();
      return page;
    },
    closePages,
    close: async () => {
      await closePages();
      await browser.close();
    },
  };
}

/** With the token. The node writes it before its ready line. */
export function pageAddress(daemon: Daemon): string {
  return readFileSync(join(daemon.dataDir, 'inspector.url'), 'utf8').trim();
}
