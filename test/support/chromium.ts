import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian's package chromium, and Chrome on other systems, have their program. */
const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of a Chromium on this machine: that in `CRBUS_TEST_CHROMIUM`, else a usual one. `undefined` without one. */
export const chromiumPath = (): string | undefined =>
  process.env.CRBUS_TEST_CHROMIUM ?? paths.find((path) => existsSync(path))

/** Starts a headless Chromium. Its sandbox needs rights that root in a container does not have. */
export const startChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
