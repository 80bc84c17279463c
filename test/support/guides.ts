import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const root = new URL('../..', import.meta.url).pathname

/** A page of the documentation. */
export interface Guide {
  /** From the root of the repository, such as `src/saga/README.md`. */
  readonly path: string
  readonly text: string
}

/** A fenced block of a guide. */
export interface CodeBlock {
  readonly language: string
  readonly code: string
  /** Where its first line of code is: `README.md:12`. */
  readonly at: string
}

/** Returns all pages of the documentation: the README, the changelog, the security policy, and the guides in the folders they describe. */
export const readGuides = (): readonly Guide[] =>
  ['*.md', '.github/*.md', 'src/**/*.md', 'templates/*.md', 'test/*.md']
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .map((found) => found.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(posix.join(root, path), 'utf8') }))

/** Returns the fenced code blocks of a guide. */
export const codeBlocks = ({ path, text }: Guide): readonly CodeBlock[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    at: `${path}:${text.slice(0, index).split('\n').length + 1}`,
  }))

/** Returns the links of a guide to other files of the repository and to headings, without their titles. */
export const localLinks = ({ text }: Guide): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)|src="([^"]+)"/g)]
    .map(([, link, image]) => link ?? image ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))

/** Returns the anchors of the headings of a guide, as GitHub makes them of their text. */
export const anchors = ({ text }: Guide): ReadonlySet<string> =>
  new Set(
    [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '')
