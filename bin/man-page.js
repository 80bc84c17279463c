import { gzipSync } from 'node:zlib'
import { environmentPage } from '../src/cli/help-pages/environment.ts'
import { exitCodesPage } from '../src/cli/help-pages/exit-codes.ts'
import { offsetsPage } from '../src/cli/help-pages/offsets.ts'
import { wherePage } from '../src/cli/help-pages/where.ts'

/**
 * Returns the man page crbus(1), compressed, with all commands: a page for each command would take five times the disk of the
 * installed package. `commands` are those of oclif's manifest.
 */
export function manPage({ version, description, commands }) {
  const own = Object.values(commands).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const lines = [
    `.TH CRBUS 1 "" "crbus ${version}" "User Commands"`,
    '.SH NAME',
    `crbus \\- ${escaped(lowerFirst(description.split('\n')[0]))}`,
    '.SH SYNOPSIS',
    '.B crbus',
    '.I command',
    '.RI [ arguments ]',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    ...paragraphs(description.split('\n').slice(1).join('\n')),
    '.SH COMMANDS',
    ...own.flatMap(commandLines),
    '.SH POSITIONS',
    ...pageLines(offsetsPage),
    '.SH EXPRESSIONS',
    ...pageLines(wherePage),
    '.SH EXIT STATUS',
    ...pageLines(exitCodesPage),
    '.SH ENVIRONMENT',
    ...pageLines(environmentPage),
    '.SH SEE ALSO',
    ...paragraphs('"crbus help" lists commands and pages, and "crbus COMMAND --help" shows the help of a command.'),
  ]
  return gzipSync(`${lines.join('\n')}\n`, { level: 9 })
}

function commandLines({ id, summary, description, flags, args = {}, aliases = [], examples = [] }) {
  const name = `crbus ${id.replaceAll(':', ' ')}`
  const words = Object.entries(args).map(([arg, { required }]) =>
    required ? arg.toUpperCase() : `[${arg.toUpperCase()}]`,
  )
  return [
    `.SS ${escaped([name, ...words].join(' '))}`,
    ...paragraphs(`${summary}.`),
    ...(description === undefined ? [] : ['.PP', ...paragraphs(description)]),
    ...(aliases.length === 0 ? [] : ['.PP', escaped(`Also: crbus ${aliases.join(', crbus ')}`)]),
    ...Object.entries(args).flatMap(([arg, { description: meaning = '' }]) =>
      tagged(`\\fI${arg.toUpperCase()}\\fR`, meaning),
    ),
    ...Object.values(flags)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((flag) => tagged(flagTerm(flag), flag.description ?? '')),
    ...(examples.length === 0
      ? []
      : ['.PP', 'Examples:', ...verbatim(examples.map((one) => `  ${one.replaceAll('<%= config.bin %>', 'crbus')}`))]),
  ]
}

function flagTerm({ name, char, type, allowNo, helpValue = 'VALUE', options }) {
  const letter = char === undefined ? '' : `\\fB\\-${char}\\fR, `
  const long = `\\fB\\-\\-${allowNo ? '[no\\-]' : ''}${escaped(name)}\\fR`
  const value = options === undefined ? `\\fI${escaped(String(helpValue))}\\fR` : escaped(options.join('|'))
  return `${letter}${long}${type === 'boolean' ? '' : ` ${value}`}`
}

const pageLines = ({ sections }) =>
  sections.flatMap(({ title, text, rows = [] }) => [
    `.SS ${escaped(title)}`,
    ...(text === undefined ? [] : paragraphs(text)),
    ...rows.flatMap(([term, meaning]) => tagged(`\\fB${escaped(term)}\\fR`, meaning)),
  ])

const tagged = (term, meaning) => ['.TP', term, ...paragraphs(meaning)]

/** Lines that begin with two spaces are tables, whose spaces and ends of lines count. */
function paragraphs(text) {
  return text.split('\n\n').flatMap((paragraph, index) => {
    const lines = paragraph.split('\n').filter((line) => line.trim() !== '')
    const isTable = lines.some((line) => /^ {2}/.test(line))
    if (lines.length === 0) return []
    return [...(index === 0 ? [] : ['.PP']), ...(isTable ? verbatim(lines) : lines.map(escaped))]
  })
}

const verbatim = (lines) => ['.RS 2', '.nf', ...lines.map((line) => escaped(line, true)), '.fi', '.RE']

/** Escapes what roff interprets: backslashes, hyphens, and a dot, quote or space at the beginning of a line. */
function escaped(text, keepsSpaces = false) {
  const plain = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll(/[^\p{ASCII}]/gu, (one) => `\\[u${one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`)
  const line = keepsSpaces ? plain.replaceAll(/^ +/g, (spaces) => '\\ '.repeat(spaces.length)) : plain
  return /^[.]/.test(line) ? `\\&${line}` : line
}

const lowerFirst = (text) => `${text.charAt(0).toLowerCase()}${text.slice(1)}`
