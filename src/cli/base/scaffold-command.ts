import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { causeOf } from '../../files/cause.ts'
import { type Name, parseName, whyNoName } from '../../scaffold/name.ts'
import { applyScaffold, isWritten } from '../../scaffold/plan/apply.ts'
import { planScaffold, type ScaffoldPlan } from '../../scaffold/plan/plan.ts'
import { readTarget } from '../../scaffold/plan/target.ts'
import { readAnswers, whyNoAnswer } from '../../scaffold/template/answer.ts'
import type { Generated, Kind, Language, Question, Template } from '../../scaffold/template/manifest.ts'
import type { Scope } from '../../scaffold/template/scope.ts'
import { loadTemplate } from '../../scaffold/template/template.ts'
import { type OpenQuestion, questionsIn } from '../../scaffold/template/todo.ts'
import { formatDifferences, formatScaffold } from '../../ui/format-scaffold.ts'
import type { Setting } from '../config/setting.ts'
import { isNoted, remember } from '../config/trust/project-notes.ts'
import { UsageError } from '../errors.ts'
import { type AddedValue, completedWords, lineOf } from '../pickers/completed-words.ts'
import { Asker } from '../process/ask.ts'
import { runTool } from '../process/run-tool.ts'
import { flag, hint, run } from '../suggestions.ts'
import { ChangeCommand } from './change-command.ts'
import { toPair } from './parse-flags.ts'
import type { TemplateFlags, WriteFlags } from './scaffold-flags.ts'
import { codeThatRuns, toolCommands } from './scaffold-tools.ts'

/** The `--json` document of a command that scaffolds. */
export interface Scaffolded {
  /** The folder of the service. */
  readonly folder: string
  readonly files: readonly { readonly path: string; readonly action: string; readonly notes: readonly string[] }[]
  readonly written: readonly string[]
  /** The questions that the files leave open, marked `TODO(crbus)` in them. */
  readonly questions: readonly OpenQuestion[]
}

/** Base class of commands that create files from a template or edit files of a service. */
export abstract class ScaffoldCommand extends ChangeCommand {
  static override document = 'new'

  #asker: Asker | undefined
  /** What the user has answered, as it can stand on the command line. */
  readonly #answered: AddedValue[] = []

  protected get asker(): Asker {
    this.#asker ??= new Asker(this.context)
    return this.#asker
  }

  /** Whether the command asks for values that are not given. */
  protected asks({ yes }: { readonly yes: boolean }): boolean {
    return !yes && this.asker.canAsk
  }

  /** Keeps an answer for the command line that {@link write} prints. */
  protected answered(added: AddedValue): void {
    this.#answered.push(added)
  }

  /** Returns the given name, or asks for it. `UsageError` for an invalid name, or if there is no terminal to ask on. */
  protected async name(given: string | undefined, flags: WriteFlags, what: string, example: string): Promise<Name> {
    if (given === undefined && !this.asks(flags)) throw new UsageError(`name the ${what}`, [run(example)])
    const text = given ?? (await this.asker.text(`What is the ${what} called?`, (answer) => whyNoName(answer)))
    const name = parseName(text)
    const reason = whyNoName(text)
    if (name === undefined || reason !== undefined)
      throw new UsageError(`'${text}' is not a valid name: ${reason}`, [run(example)])
    if (given === undefined) this.answered({ name: 'name', isFlag: false, value: text })
    return name
  }

  /** Returns the folder of the service around the working directory: the folder of its crbus.json. */
  protected async serviceRoot(): Promise<string> {
    const { project, ignored } = await this.configuration()
    if (project !== undefined) return dirname(project)
    if (ignored !== undefined) throw new UsageError(ignored)
    throw new UsageError(`there is no crbus.json in ${this.context.cwd} or above, so this is not a service`, [
      run('crbus new service shop && cd shop'),
    ])
  }

  /** Returns the language of `--lang`, else the language of the service. */
  protected language({ lang }: TemplateFlags, root: string): Language {
    return lang ?? (existsSync(join(root, 'Cargo.toml')) && !existsSync(join(root, 'package.json')) ? 'rust' : 'ts')
  }

  /** Loads the template of `--template`, else from the configured folder, else of crbus. Prints a notice about a template from elsewhere. */
  protected async template(kind: Kind, lang: Language, { template }: TemplateFlags): Promise<Template> {
    const { templates, consent, project } = await this.configuration()
    const name = `${kind}-${lang}`
    const configured = template === undefined && templates ? entryOf(templates, name) : undefined
    const outside = consent?.asks.filter(({ kind }) => kind === 'templates') ?? []
    if (configured !== undefined && templates?.from === project && outside.length > 0)
      await this.requireConsent(outside)
    const folder =
      template === undefined
        ? (configured ?? join(this.config.root, 'templates', name))
        : resolve(this.context.cwd, template)
    const loaded = loadTemplate(folder)
    if (loaded.kind !== kind || loaded.lang !== lang) {
      throw new UsageError(`${folder} is a template for ${loaded.kind} in ${loaded.lang}, not for ${kind} in ${lang}`, [
        loaded.kind === kind ? flag(`--lang ${loaded.lang}`) : run(`crbus new ${loaded.kind}`),
      ])
    }
    if (!this.#isOwn(loaded)) {
      const from = configured === undefined ? '--template' : templates?.from
      await this.notice(`note: the template is in ${realpathSync(folder)} (${from}) and not one of crbus's own`)
    }
    return loaded
  }

  /** Whether the template is part of crbus. */
  #isOwn({ folder }: Template): boolean {
    return dirname(realpathSync(folder)) === realpathSync(join(this.config.root, 'templates'))
  }

  /** Answers the questions of a template: from flags of the same name, else `--set`, else the user, else the default. */
  protected async answers(
    template: Template,
    flags: TemplateFlags,
    byFlag: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Scope> {
    const given = new Map((flags.set ?? []).map((one) => toPair('--set', one, 'codec=rust')))
    for (const [name, value] of Object.entries(byFlag)) if (value !== undefined) given.set(name, value)
    for (const question of template.questions) {
      if (given.has(question.name) || !this.asks(flags)) continue
      const answer = await this.#ask(question)
      given.set(question.name, answer)
      const isFlag = Object.hasOwn(byFlag, question.name)
      this.answered(
        isFlag
          ? { name: question.name, isFlag, value: answer }
          : { name: 'set', isFlag: true, value: `${question.name}=${answer}` },
      )
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

  /** Plans the files of a template. `generated` makes the files whose content crbus generates, such as schemas. */
  protected plan(
    template: Template,
    root: string,
    scope: Scope,
    generated: Readonly<Record<Generated, () => string>> = { schema: () => '', 'command-schema': () => '' },
  ): ScaffoldPlan {
    return planScaffold({ template, scope, root, read: (path) => readTarget(root, path), generated })
  }

  /**
   * Shows the plan and writes its files, unless `--dry-run` is given. If the user was asked, first prints the command line that needs no
   * answers.
   */
  protected async write(plan: ScaffoldPlan, flags: WriteFlags): Promise<Scaffolded> {
    if (this.#answered.length > 0)
      await this.notice(`$ ${lineOf(String(this.id), completedWords(this.argv, this.#answered))}`)
    const { files } = plan
    const root = relative(this.context.cwd, plan.root) || '.'
    await this.print(formatScaffold(root, files))
    const differing = files.filter(({ action }) => action === 'changed' || (action === 'edit' && flags['dry-run']))
    if (differing.length > 0) await this.print(await formatDifferences(differing, this.context.io.color))
    const shown = files.map(({ path, action, notes }) => ({ path, action, notes }))
    // Only files with exactly the planned content: in the others, questions may come from earlier commands or the user.
    const questions = files
      .filter((file) => file.action === 'keep' || (file.action !== 'edit' && isWritten(file, flags.force)))
      .flatMap(({ path, after }) => questionsIn(path, after))
    this.partial = { folder: root, files: shown, written: [], questions }
    for (const { path, notes } of files) for (const note of notes) await this.notice(`note: ${path}: ${note}`)
    const kept = files.filter((file) => file.action === 'changed' && !isWritten(file, flags.force)).length
    if (kept > 0)
      await this.notice(
        kept === 1
          ? 'a file differs and was not changed; --force overwrites it'
          : `${kept} files differ and were not changed; --force overwrites them`,
      )
    this.signal.throwIfAborted()
    const { written } = flags['dry-run'] ? { written: [] } : applyScaffold(plan, { force: flags.force })
    return { folder: root, files: shown, written, questions }
  }

  /** Installs, formats and tests the written files, then lists the questions that they leave open. */
  protected async finish(template: Template, root: string, result: Scaffolded, flags: TemplateFlags): Promise<void> {
    await this.#runTools(template, root, result, flags)
    const { questions } = result
    if (questions.length === 0) return
    const count = questions.length === 1 ? '1 question is' : `${questions.length} questions are`
    await this.notice(`note: ${count} open, marked TODO(crbus) in the files:`)
    for (const { path, line, question } of questions) await this.notice(`  ${path}:${line} ${question}`)
  }

  /**
   * Installs, formats and tests the service, unless `--no-install` is given or nothing was written. This runs code from
   * templates. Once a template that is not crbus's own has written into the service, `--install` is required, and a notice
   * says what will run.
   */
  async #runTools(
    template: Template,
    root: string,
    { written }: Scaffolded,
    { install }: TemplateFlags,
  ): Promise<void> {
    if (written.length === 0) return
    const commands = toolCommands(template.lang, root)
    const why = this.#whyNotTrusted(template, root)
    const isWanted = install ?? why === undefined
    if (!isWanted) {
      if (install === undefined) {
        await this.notice(`note: not run, because ${why}: ${commands.join(', ')}; --install runs them`)
      }
      return
    }
    if (why !== undefined)
      await this.notice(`note: --install runs code from the template: ${codeThatRuns(template.lang, root).join(', ')}`)
    for (const command of commands) {
      if (this.signal.aborted) return
      await this.notice(`$ ${command}`)
      const failed = await runTool(command, { cwd: root, output: this.context.io.stderr, signal: this.signal })
      if (failed === undefined) continue
      await this.notice(`${command}: ${failed}; the files are written, and you can run the command again`)
      this.foundSomething()
      return
    }
  }

  /**
   * Returns why the code of a service is not run without `--install`; `undefined` if only crbus and the user wrote it.
   * Remembers services into which a template of another origin wrote.
   */
  #whyNotTrusted(template: Template, root: string): string | undefined {
    const { stateFolder, now } = this.context
    const note = { file: realpathSync(root), what: "a template that is not crbus's own has written into this service" }
    if (this.#isOwn(template)) return isNoted(stateFolder, note) ? note.what : undefined
    remember(stateFolder, note, now())
    return "the template is not crbus's own"
  }

  /** Creates the declared topics on the bus, with `--topics` or if the user agrees. */
  protected async offerTopics(flags: WriteFlags & { readonly topics: boolean | undefined }): Promise<void> {
    if (flags['dry-run'] || this.isJson || this.signal.aborted) return
    const ask = () => this.asker.yesOrNo('Create the declared topics on the bus?', true)
    if (!(flags.topics ?? (this.asks(flags) && (await ask())))) return
    const { profile, brokers, 'data-dir': folder } = this.given
    const given = Object.entries({ profile, brokers, 'data-dir': folder })
    const busFlags = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
    await this.config.runCommand('topics:apply', ['--yes', ...busFlags])
  }
}

/**
 * Returns the path of an entry of a folder; `undefined` if the folder does not have it. A dangling link counts as an entry,
 * so that loading it fails instead of falling back to crbus's own template.
 */
function entryOf({ value: folder, from }: Setting<string>, name: string): string | undefined {
  try {
    return readdirSync(folder).includes(name) ? join(folder, name) : undefined
  } catch (error) {
    throw new UsageError(`cannot read the folder of templates that ${from} names: ${causeOf(error, folder)}`, [
      hint(`correct "templates" in ${from}`),
      flag('--template FOLDER'),
    ])
  }
}
