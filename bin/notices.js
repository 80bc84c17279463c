import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Lists the name, version, license and copyright of every package in a bundle, with the text of its license. Packages whose
 * texts differ only in copyright and line breaks are listed together.
 */
export function thirdPartyNotices(files) {
  const folders = new Set([...files].map(packageFolder).filter((folder) => folder !== undefined))
  const byText = new Map()
  for (const [text, title] of [...folders].map(noticeOf)) {
    const lines = text.split('\n')
    const copyright = lines.filter(isCopyright).map((line) => `  ${line.trim()}`)
    const license = lines
      .filter((line) => !isCopyright(line))
      .join('\n')
      .trim()
    const key = license.replaceAll(/\s+/g, ' ')
    const known = byText.get(key) ?? { license, titles: new Set() }
    byText.set(key, known)
    known.titles.add([title, ...copyright].join('\n'))
  }
  const notices = [...byText.values()].map(
    ({ license, titles }) => `${RULE}\n${[...titles].sort().join('\n')}\n\n${license}`,
  )
  return `crbus contains code of these packages, under their licenses.\n\n${notices.sort().join('\n\n')}\n`
}

/** Whether a line is a copyright notice, not a sentence of the license about copyright. */
const isCopyright = (line) => /^\s*(copyright\b(?! (notice|holder|owner|license|statement))|\(c\)|©)/i.test(line)

const RULE = '-'.repeat(72)

/** Returns the innermost folder in node_modules that holds a package with a name and a version. */
function packageFolder(file) {
  // The names of modules that the bundler generates start with a zero byte.
  if (file.startsWith('\0') || !file.includes('/node_modules/')) return undefined
  for (let folder = dirname(file); !folder.endsWith('/node_modules'); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && manifestOf(folder).version !== undefined) return folder
  }
  return undefined
}

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

function noticeOf(folder) {
  const { name, version, license, author } = manifestOf(folder)
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  const by = typeof author === 'string' ? author : author?.name
  // A few packages have no license text. For these, list the author and the name of the license.
  const text = texts.length > 0 ? texts.join('\n\n') : `Copyright ${by ?? `the authors of ${name}`}`
  return [text, `${name} ${version} (${license})`]
}
