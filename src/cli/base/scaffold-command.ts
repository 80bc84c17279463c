import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { Flags } from '@oclif/core'
import { causeOf } from '../../files/cause.ts'
import { type Name, parseName, whyNoName } from '../../scaffold/name.ts'
import { applyScaffold, isWritten } from '../../scaffold/plan/apply.ts'
import { planScaffold, type ScaffoldPlan } from '../../scaffold/plan/plan.ts'
import { readTarget } from '../../scaffold/plan/target.ts'
import { readAnswers, whyNoAnswer } from '../../scaffold/template/answer.ts'
import type { Scope } from '../../scaffold/template/scope.ts'
import {
  type Generated,
  type Kind,
  type Language,
  loadTemplate,
  type Question,
  type Template,
} from '../../scaffold/template/template.ts'
import { type OpenQuestion, questionsIn } from '../../scaffold/template/todo.ts'
import { formatDifferences, formatScaffold } from '../../ui/format-scaffold.ts'
import type { Setting } from '../config/config.ts'
import { isNoted, remember } from '../config/project-notes.ts'
import { UsageError } from '../errors.ts'
import { Asker } from '../process/ask.ts'
import type { BusFlags } from '../process/context.ts'
import { runTool } from '../process/run-tool.ts'
import { ChangeCommand } from './change-command.ts'
import { parseName as parseGiven, toPair } from './flags.ts'

/** Flags of commands that write files into a project. */
export const writeFlags = {
  'dry-run': Flags.boolean({ description: 'show what would be written, and write nothing' }),
  force: Flags.boolean({ description: 'overwrite files that differ' }),
  yes: Flags.boolean({ char: 'y', description: 'ask nothing: what is not given is as it is by default' }),
}

/** Refuses an address: what a template writes is decided on the disk, where its user can read it. */
async function parseFolder(text: string): Promise<string> {
  if (!/^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i.test(text)) return parseGiven(text)
  throw new UsageError(`'${text}' is not a folder: a template is read from the disk`, [
    `git clone ${text} my-template && … --template my-template`,
  ])
}

/** Flags of commands that make something of a template. */
export const templateFlags = {
  ...writeFlags,
  lang: Flags.option({ options: ['ts', 'rust'] as const })({
    description: 'language; default: that of the service, else ts',
  }),
  template: Flags.string({ parse: parseFolder, description: 'folder of a template of your own', helpValue: 'dir' }),
  set: Flags.string({
    description: 'the answer to a question of the template',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'name=value',
  }),
  install: Flags.boolean({
    description: "afterwards install, format and test with npm or cargo; default: yes with crbus's own templates",
    allowNo: true,
  }),
}

/** Of commands after which topics are declared that the bus may not have. */
export const topicsFlag = {
  topics: Flags.boolean({
    description: 'afterwards make the declared topics on the bus, as "crbus topics apply" does; default: ask',
    allowNo: true,
  }),
}

interface WriteFlags {
  readonly 'dry-run': boolean
  readonly force: boolean
  readonly yes: boolean
}

interface TemplateFlags extends WriteFlags {
  readonly lang: Language | undefined
  readonly template: string | undefined
  readonly set: readonly string[] | undefined
  readonly install: boolean | undefined
}

/** What a scaffold answers with. */
export interface Scaffolded {
  readonly root: string
  readonly files: readonly { readonly path: string; readonly action: string; readonly notes: readonly string[] }[]
  readonly written: readonly string[]
  /** What the files leave to be answered: `TODO(crbus)` in them. */
  readonly questions: readonly OpenQuestion[]
}

/** A command that makes files of a template, or changes some of a service. */
export abstract class NewCommand extends ChangeCommand {
  #asker: Asker | undefined

  protected get asker(): Asker {
    this.#asker ??= new Asker(this.context)
    return this.#asker
  }

  /** Whether what is not given is asked for. */
  protected asks({ yes }: { readonly yes: boolean }): boolean {
    return !yes && this.asker.canAsk
  }

  /** The name given, or asked for. `UsageError` when it is none, or nobody is there to ask. */
  protected async name(given: string | undefined, flags: WriteFlags, what: string, example: string): Promise<Name> {
    const why = (text: string) => whyNoName(text)
    if (given === undefined && !this.asks(flags)) throw new UsageError(`name the ${what}`, [example])
    const text = given ?? (await this.asker.text(`What is the ${what} called?`, why))
    const name = parseName(text)
    const reason = why(text)
    if (name === undefined || reason !== undefined)
      throw new UsageError(`'${text}' is no name for it: ${reason}`, [example])
    return name
  }

  /** The folder of the service the working directory is in: that of the project's crbus.json. */
  protected async serviceRoot(): Promise<string> {
    const { project, ignored } = await this.configOf({})
    if (project !== undefined) return dirname(project)
    if (ignored !== undefined) throw new UsageError(ignored)
    throw new UsageError(`there is no crbus.json in ${this.context.cwd} or above: this is no service`, [
      'crbus new service shop && cd shop',
    ])
  }

  /** The language asked for, else that of the service around. */
  protected language({ lang }: TemplateFlags, root: string): Language {
    return lang ?? (existsSync(join(root, 'Cargo.toml')) && !existsSync(join(root, 'package.json')) ? 'rust' : 'ts')
  }

  /** The template named, else one of the configured folder, else crbus's own. One that is not crbus's own is named. */
  protected async template(kind: Kind, lang: Language, { template }: TemplateFlags): Promise<Template> {
    const { templates } = await this.configOf({})
    const name = `${kind}-${lang}`
    const configured = template === undefined && templates ? inFolder(templates, name) : undefined
    const folder =
      template === undefined
        ? (configured ?? join(this.config.root, 'templates', name))
        : resolve(this.context.cwd, template)
    const loaded = loadTemplate(folder)
    if (loaded.kind !== kind || loaded.lang !== lang) {
      throw new UsageError(`${folder} is a template of ${loaded.kind} in ${loaded.lang}, not of ${kind} in ${lang}`, [
        loaded.kind === kind ? `--lang ${loaded.lang}` : `crbus new ${loaded.kind}`,
      ])
    }
    if (!this.#isOwn(loaded)) {
      const from = configured === undefined ? '--template' : templates?.from
      await this.notice(`note: the template is in ${realpathSync(folder)} (${from}) and not one of crbus's own`)
    }
    return loaded
  }

  /** Whether crbus came with the template. */
  #isOwn({ folder }: Template): boolean {
    return dirname(realpathSync(folder)) === realpathSync(join(this.config.root, 'templates'))
  }

  /** What the template wants to know: by flags of that name, by `--set`, asked for, or the default. */
  protected async answers(
    template: Template,
    flags: TemplateFlags,
    byFlag: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Scope> {
    const given = new Map((flags.set ?? []).map((one) => toPair('--set', one, 'codec=rust')))
    for (const [name, value] of Object.entries(byFlag)) if (value !== undefined) given.set(name, value)
    for (const question of template.questions) {
      if (given.has(question.name) || !this.asks(flags)) continue
      given.set(question.name, await this.#ask(question))
    }
    return readAnswers(template, given)
  }

  #ask(question: Question): Promise<string> {
    const { kind, ask, choices } = question
    if (kind === 'choice') {
      const options = Object.entries(choices).map(([value, hint]) => ({ value, label: value, hint }))
      return this.asker.oneOf(ask, options, question.default)
    }
    if (kind === 'yes-no') {
      return this.asker.yesOrNo(ask, question.default === 'yes').then((yes) => (yes ? 'yes' : 'no'))
    }
    return this.asker.text(ask, (text) => whyNoAnswer(question, text), question.default)
  }

  protected plan(
    template: Template,
    root: string,
    scope: Scope,
    generated: Readonly<Record<Generated, () => string>> = { schema: () => '', 'command-schema': () => '' },
  ): ScaffoldPlan {
    return planScaffold({ template, scope, root, read: (path) => readTarget(root, path), generated })
  }

  /** Shows the plan, and carries it out unless that was not wanted. */
  protected async write(plan: ScaffoldPlan, flags: WriteFlags): Promise<Scaffolded> {
    const { files } = plan
    const root = relative(this.context.cwd, plan.root) || '.'
    await this.print(formatScaffold(root, files))
    const differing = files.filter(({ action }) => action === 'changed' || (action === 'edit' && flags['dry-run']))
    if (differing.length > 0) await this.print(await formatDifferences(differing, this.context.io.color))
    const shown = files.map(({ path, action, notes }) => ({ path, action, notes }))
    const questions = files
      .filter((file) => file.action === 'keep' || (file.action !== 'edit' && isWritten(file, flags.force)))
      .flatMap(({ path, after }) => questionsIn(path, after))
    this.partial = { root, files: shown, written: [], questions }
    for (const { path, notes } of files) for (const note of notes) await this.notice(`note: ${path}: ${note}`)
    const kept = files.filter((file) => file.action === 'changed' && !isWritten(file, flags.force)).length
    if (kept > 0)
      await this.notice(
        `${kept === 1 ? 'a file differs and stays' : `${kept} files differ and stay`} as it is; --force overwrites`,
      )
    this.signal.throwIfAborted()
    const { written } = flags['dry-run'] ? { written: [] } : applyScaffold(plan, { force: flags.force })
    return { root, files: shown, written, questions }
  }

  /** Installs, formats and tests what was written, then lists the questions it leaves open. */
  protected async finish(template: Template, root: string, result: Scaffolded, flags: TemplateFlags): Promise<void> {
    await this.#runTools(template, root, result, flags)
    const { questions } = result
    if (questions.length === 0) return
    const count = questions.length === 1 ? '1 question is' : `${questions.length} questions are`
    await this.notice(`note: ${count} open, marked TODO(crbus) in the files:`)
    for (const { path, line, question } of questions) await this.notice(`  ${path}:${line} ${question}`)
  }

  /**
   * Installs, formats and tests, as far as that is wanted and there is something for it. This runs what templates wrote: once
   * one that is not crbus's own has written into a service, only when it was asked for, and said before.
   */
  async #runTools(
    template: Template,
    root: string,
    { written }: Scaffolded,
    { install }: TemplateFlags,
  ): Promise<void> {
    if (written.length === 0) return
    const commands = template.lang === 'ts' ? npmCommands(root) : ['cargo fmt', 'cargo test']
    const why = this.#whyNotTrusted(template, root)
    if (!(install ?? why === undefined)) {
      if (install === undefined) {
        await this.notice(`note: not run, since ${why}: ${commands.join(', ')}; --install runs it`)
      }
      return
    }
    if (why !== undefined)
      await this.notice(`note: --install runs what the template wrote: ${ranBy(template, root).join(', ')}`)
    for (const command of commands) {
      if (this.signal.aborted) return
      await this.notice(`$ ${command}`)
      const failed = await runTool(command, { cwd: root, output: this.context.io.stderr, signal: this.signal })
      if (failed === undefined) continue
      await this.notice(`${command}: ${failed}; the files are written, and it can be run again`)
      this.foundSomething()
      return
    }
  }

  /** Why what is in a service is not run unasked; `undefined` when all of it is of crbus or of the user's own hand. */
  #whyNotTrusted(template: Template, root: string): string | undefined {
    const { stateFolder, now } = this.context
    const note = { file: realpathSync(root), what: "a template that is not crbus's own has written into this service" }
    if (this.#isOwn(template)) return isNoted(stateFolder, note) ? note.what : undefined
    remember(stateFolder, note, now())
    return "the template is not crbus's own"
  }

  /** Makes what is declared by now on the bus, when that is wanted. */
  protected async offerTopics(
    flags: WriteFlags & { readonly topics: boolean | undefined },
    bus: BusFlags,
  ): Promise<void> {
    if (flags['dry-run'] || this.isJson || this.signal.aborted) return
    const ask = () => this.asker.yesOrNo('Make the declared topics on the bus?', true)
    if (!(flags.topics ?? (this.asks(flags) && (await ask())))) return
    const { profile, brokers, 'data-dir': folder } = bus
    const given = Object.entries({ profile, brokers, 'data-dir': folder })
    const words = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
    await this.config.runCommand('topics:apply', ['--yes', ...words])
  }
}

/** The place of a name in a folder that a file names, also of a link that leads nowhere; `undefined` when it is not there. */
function inFolder({ value: folder, from }: Setting<string>, name: string): string | undefined {
  try {
    return readdirSync(folder).includes(name) ? join(folder, name) : undefined
  } catch (error) {
    throw new UsageError(`the folder of templates cannot be read, which ${from} names: ${causeOf(error, folder)}`, [
      `correct "templates" in ${from}`,
      '--template FOLDER',
    ])
  }
}

function npmCommands(root: string): readonly string[] {
  const isInstalled = existsSync(join(root, 'node_modules', 'crbus'))
  return [...(isInstalled ? [] : ['npm install --no-fund --no-audit']), 'npm run --silent format', 'npm test --silent']
}

/** Scripts of a package that `npm install`, `npm run format` and `npm test` run. */
const npmScripts = [
  ...['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'],
  ...['preformat', 'format', 'postformat', 'pretest', 'test', 'posttest'],
]

/** What is run of a service after a template wrote it, as a person would look for it. */
function ranBy({ lang }: Template, root: string): readonly string[] {
  if (lang === 'rust') return ['build.rs, macros and tests of the service and of what Cargo.toml names']
  const scripts = scriptsOf(root)
  const own = npmScripts.flatMap((name) =>
    typeof scripts[name] === 'string' ? [`${name} (${JSON.stringify(scripts[name])})`] : [],
  )
  return [...own, 'install scripts of what package.json names']
}

function scriptsOf(root: string): Readonly<Record<string, unknown>> {
  try {
    const { scripts } = JSON.parse(readTarget(root, 'package.json')?.toString('utf8') ?? '{}')
    return typeof scripts === 'object' && scripts !== null ? scripts : {}
  } catch {
    // npm says what is wrong with it.
    return {}
  }
}
