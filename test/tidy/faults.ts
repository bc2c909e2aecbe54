// What can go wrong around a run and what weft does about it, one row each. The numbers are marks in the titles of tests.

/** One row of the fault table. */
export interface Fault {
  /** Mark that titles of its tests carry in brackets. */
  readonly id: string;
  /** What happens. */
  readonly fault: string;
  /** What weft does then. */
  readonly answer: string;
}

/** All rows, in their order. Numbers that are missing belong to forges and to limits of model providers. */
export const FAULTS: readonly Fault[] = [
  {
    id: 'F1',
    fault: 'The engine is killed at any operation',
    answer:
      'The next one replays the journal and does again what was not acknowledged, after looking whether it happened',
  },
  {
    id: 'F2',
    fault: 'The engine is killed together with its gits, or the machine goes down',
    answer:
      'Locks that no living git holds are taken away, half-made worktrees are finished, broken metadata is completed',
  },
  {
    id: 'F3',
    fault: 'The last journal record is torn',
    answer: 'It is cut off and said so; it was never acknowledged',
  },
  {
    id: 'F4',
    fault: 'A bit of the journal flips',
    answer: 'The run is refused with file and line; nothing is skipped, guessed or written',
  },
  {
    id: 'F5',
    fault: 'The pid of an agent is given to somebody else',
    answer: 'The agent counts as gone, by boot, namespace and start time; the other process is not signalled',
  },
  {
    id: 'F6',
    fault: 'An agent crashes',
    answer:
      'Another attempt in the same worktree, after a wait that doubles; given up at the limit, or when nothing changes. A limit of the provider holds for all that share the account, until it is lifted, and counts as no try',
  },
  {
    id: 'F7',
    fault: 'An agent hangs without a word',
    answer:
      'It keeps its slot until a person stops it or the time budget of the run ends it, stopped processes too',
  },
  {
    id: 'F8',
    fault: 'An agent works for long without a word',
    answer:
      'Nothing: silence ends nobody. `weft status` says for how long nothing was heard, and whether its processes compute',
  },
  {
    id: 'F9',
    fault: 'Memory runs out',
    answer:
      'Agents ask to be killed before the engine; one that was killed is tried once more, with one agent less at once until it got over that; then a person is asked',
  },
  {
    id: 'F10',
    fault: 'A dead agent stays as a zombie',
    answer: 'It counts as dead',
  },
  {
    id: 'F11',
    fault: 'An agent leaves children and daemons, in sessions of their own, without their environment',
    answer:
      'All are found by group, tag, parent and folder and ended; what survives even that is named by pid',
  },
  {
    id: 'F12',
    fault: 'An agent ignores SIGTERM',
    answer: 'SIGKILL after the grace time; the worktree is touched only when all are gone',
  },
  {
    id: 'F13',
    fault: 'An agent prints gigabytes',
    answer:
      'Its file ends at the cap with a line that says so; the agent goes on, and the engine does not read along',
  },
  {
    id: 'F14',
    fault: 'An agent prints one line of a gigabyte',
    answer: 'Whoever reads the output cuts the line at a limit and stays small',
  },
  {
    id: 'F15',
    fault: 'The disk is full when the journal is written',
    answer:
      'Short writes are noticed, the tail is cut back, nothing starts; it is tried again, at last with the ballast given up',
  },
  {
    id: 'F16',
    fault: 'The disk is full when a derived file is written',
    answer: 'The earlier file stays whole: new ones are written beside it and renamed',
  },
  {
    id: 'F17',
    fault: 'The journal cannot be written for another reason, or not be synced',
    answer: 'One more try, none after a failed sync; then the engine stops, and nothing more is acknowledged',
  },
  {
    id: 'F18',
    fault: 'The wall clock jumps',
    answer: 'Nothing that is decided or waited for changes',
  },
  {
    id: 'F19',
    fault: 'The machine sleeps',
    answer: "The run's clock stands still meanwhile: no wait is over early, no budget is used up",
  },
  {
    id: 'F20',
    fault: 'Several engines start on one repository',
    answer: 'Exactly one leads; the others are told its pid and exit with 5',
  },
  {
    id: 'F21',
    fault: 'An engine wakes up after another one has taken over',
    answer: 'Its epoch is old: the journal refuses its records, and it stops',
  },
  {
    id: 'F22',
    fault: 'A worktree is deleted by hand',
    answer: 'It is made again from its branch; commits beside the branch stay in a ref',
  },
  {
    id: 'F23',
    fault: 'A person edits or commits in a worktree',
    answer: 'It is work like any other: kept, checked and landed',
  },
  {
    id: 'F24',
    fault: 'A lock of git is left over',
    answer:
      'It is taken away once no process holds it and no git works in the repository, one of ours once all gits that could hold it have ended; a copy is kept',
  },
  {
    id: 'F25',
    fault: 'The branch of a task is moved or deleted',
    answer:
      'What is on top of verified work is looked at and verified anew; of any other move a person says what is to land; nothing lands until then, and commits stay reachable',
  },
  {
    id: 'F26',
    fault: 'The target moves on while work is verified',
    answer:
      'The verdict holds for one tree: the candidate is built and verified anew, and lands by compare-and-swap',
  },
  {
    id: 'F27',
    fault: 'The target is rewritten',
    answer:
      'The queue stops and a person is asked, with the names of what is gone; taken as it is, work is built and verified on what the target is by then',
  },
  {
    id: 'F28',
    fault: '`git gc --prune=now` during a run',
    answer: 'Starts, candidates and landings are pinned by refs; our own gits never collect',
  },
  {
    id: 'F35',
    fault: 'SIGINT once, twice, thrice',
    answer:
      'Nothing new starts, agents finish; agents are stopped; the engine leaves at once and agents go on. Each can be resumed',
  },
  {
    id: 'F36',
    fault: 'The terminal is closed',
    answer: 'Like SIGINT; agents have sessions of their own and are not hit',
  },
  {
    id: 'F37',
    fault: 'The journal is of an older or a newer weft',
    answer: 'Older ones are brought forward while reading, newer ones refused as such; none is rewritten',
  },
  {
    id: 'F38',
    fault: 'The configuration is changed or spoilt during a run',
    answer:
      'The run keeps the policy in its journal; mistakes are named with line and column, and no text brings weft down',
  },
  {
    id: 'F39',
    fault: 'Dependencies are missing, double or form a circle',
    answer: 'The plan is refused with all mistakes, each at its line; of circles the shortest is shown',
  },
  {
    id: 'F40',
    fault: 'A plan has 100,000 tasks',
    answer: 'Decisions cost what has changed, not what there is',
  },
  {
    id: 'F41',
    fault: 'A prompt is larger than an argument may be',
    answer: 'Prompts go through files and pipes, never through a command line',
  },
  {
    id: 'F42',
    fault: 'The program of an agent is missing, or asks at a terminal',
    answer:
      'Known by its exit code and not tried again; there is no terminal, and the input has ended. A login that is missing is asked about once, and nobody else who needs it starts meanwhile',
  },
  {
    id: 'F44',
    fault: 'Many worktrees are made at once',
    answer: 'One at a time is added, checkouts run side by side; none fails and no branch is left over',
  },
  {
    id: 'F45',
    fault: 'A worktree with work in it is cleared away',
    answer: 'It stays, or its work goes into a rescue ref that is named',
  },
  {
    id: 'F46',
    fault: 'An agent ended well and left servers running',
    answer: 'They are ended with it',
  },
  {
    id: 'F47',
    fault: 'A git command hangs',
    answer: 'It cannot ask for a password or an editor; at its time limit it is ended with all its children',
  },
  {
    id: 'F48',
    fault: 'git says that all is well and has done nothing',
    answer: 'Each step reads back what it should have brought about and fails when it is not there',
  },
];
