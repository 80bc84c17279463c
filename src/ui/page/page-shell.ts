import { createHash } from 'node:crypto'
import { stringifyJson } from '../text/json.ts'
import type { PageWindow } from './browser/dom.ts'
import { frameStyle } from './frame-style.ts'
import { pageStyle } from './page-style.ts'

/** The parts of a page. */
interface PageParts {
  /** A text of strangers. */
  readonly title: string
  /** CSS of the page, besides that of all pages. */
  readonly style: string
  /** JavaScript that is run once. It finds the data in the element with the id `data`. */
  readonly script: string
  /** What the script shows. */
  readonly data: unknown
}

/**
 * Creates a page that is complete in itself: it loads nothing, and its policy allows only its own script and style, by their hashes. So a
 * text of a record cannot run anything, even if it got into the markup.
 */
export function htmlPage({ title, style, script, data }: PageParts): string {
  const css = `${pageStyle}${frameStyle}${style}`
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(css)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${css}</style>
</head>
<body>
<noscript>This page shows its data with its own script, which this browser does not run.</noscript>
<script type="application/json" id="data">${dataText(data)}</script>
<script>${script}</script>
</body>
</html>
`
}

/**
 * Returns the script of a page: it calls `view` with the window, the data, the parts and the options. The view and its parts are
 * functions that refer to nothing outside of themselves, so that their source text is the script.
 */
export function pageScript<Data, Parts extends object, Options>(
  view: (window: PageWindow, data: Data, parts: Parts, options: Options) => void,
  parts: Parts,
  options: Options,
): string {
  const sources = Object.entries(parts).map(([name, part]) => `${name}:${String(part)}`)
  const data = 'JSON.parse(document.getElementById("data").textContent)'
  return `"use strict";(${view.toString()})(window,${data},{${sources.join(',')}},${JSON.stringify(options)})`
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character)

/** Writes JSON that cannot end its element. Line separators are not allowed in scripts of older browsers. */
const dataText = (data: unknown): string =>
  stringifyJson(data).replace(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
