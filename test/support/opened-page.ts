import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { chromiumPath } from './chromium.ts'

/** A page in a browser, and what a page that is complete in itself must not do: errors, and requests other than for its file. */
export interface OpenedPage {
  readonly page: Page
  readonly complaints: string[]
}

/** Opens a page of crbus from a file in a folder, and waits for its rows. */
export async function openPage(
  browser: Browser,
  folder: string,
  html: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
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
}

/** Returns the path of Chromium. Without it, says that tests are skipped; under CI, throws. */
export function chromiumOrNotice(): string | undefined {
  const path = chromiumPath()
  if (path === undefined && process.env.CI) throw new Error('these tests need Chromium: install the package chromium')
  if (path === undefined) process.stderr.write('\nNO CHROMIUM: the tests of pages are skipped\n\n')
  return path
}
