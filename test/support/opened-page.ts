import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { chromiumPath, startChromium } from './chromium.ts'

/** A page in a browser, and what a page that is complete in itself must not do: errors, and requests other than for its file. */
interface OpenedPage {
  readonly page: Page
  readonly complaints: string[]
}

/** A browser for the tests of a suite. */
interface PageBrowser {
  /** A folder for files of the tests. */
  readonly folder: string
  /** Opens a page of crbus from a file, and waits for its rows. */
  open(html: string, options?: BrowserContextOptions): Promise<OpenedPage>
}

/** Starts a browser before the tests of a suite, and closes it after them. */
export function pageBrowser(path: string | undefined): PageBrowser {
  let browser: Browser
  const folder = mkdtempSync(join(tmpdir(), 'crbus-page-'))
  beforeAll(async () => {
    browser = await startChromium(path as string)
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })
  return {
    folder,
    async open(html, options = {}) {
      const file = join(folder, 'page.html')
      writeFileSync(file, html)
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
      onTestFinished(() => context.close())
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) complaints.push(request.url())
      })
      await page.goto(pathToFileURL(file).href)
      await page.waitForSelector('[role=option]')
      return { page, complaints }
    },
  }
}

/** Returns the path of Chromium. Without it, says that tests are skipped; under CI, throws. */
export function chromiumOrNotice(): string | undefined {
  const path = chromiumPath()
  if (path === undefined && process.env.CI) throw new Error('these tests need Chromium: install the package chromium')
  if (path === undefined) process.stderr.write('\nNO CHROMIUM: the tests of pages are skipped\n\n')
  return path
}
