// oclif asks at every start whether this is Linux under Windows, by a package that looks into files: 4 ms. Only the names of
// its folders hang on the answer.
import { release } from 'node:os'

export const isWsl = process.platform === 'linux' && /microsoft/i.test(release())
export const powerShellPath = async () => 'powershell.exe'
