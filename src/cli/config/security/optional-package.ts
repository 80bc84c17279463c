import { UsageError } from '../../errors.ts'
import { run } from '../../suggestions.ts'

/** Loads a package that users install beside crbus. Throws a `UsageError` if it is missing. `purpose` says what needs it. */
export async function loadOptionalPackage<T>(name: string, purpose: string): Promise<T> {
  try {
    return await import(name)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A package that lacks one of its own dependencies has the same code, but another name.
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)
    const problem = isMissing ? `needs the package ${name}` : `cannot load the package ${name}: ${firstLine(message)}`
    throw new UsageError(`${purpose} ${problem}`, [
      run(`npm install --global ${name}`, 'if crbus is installed globally; otherwise, without --global in its project'),
    ])
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
