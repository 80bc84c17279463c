// At every start, oclif uses this package to detect WSL, which reads files and takes 4 ms. Only the names of oclif's folders
// depend on the result.
import { release } from 'node:os'

export const isWsl = process.platform === 'linux' && /microsoft/i.test(release())
export const powerShellPath = async () => 'powershell.exe'
