// The git of the virtual world keeps the same promises as git itself.
import { gitContract } from '../../adapters/git/contract.ts';
import { createWorldGitBench } from './git-bench.ts';

gitContract('in the virtual world', createWorldGitBench);
