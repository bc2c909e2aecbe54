// The answer of a planner or reviewer: found, read, checked and cleaned. Whether it is taken is not decided here.
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import type { Milestone, Review, Risk, WorkPlan } from '../../core/model.ts';
import type { AnswerPlaces } from '../../ports/agent.ts';
import { cleanText, isRecord, parseObject, readAgentFile, readAgentTail } from './agent-text.ts';

const FILE_BYTES = 256 * 1024;
const MILESTONES = 20;
const ITEMS = 50;
const TEXT_CHARS = 1_000;
const RISKS: readonly Risk[] = ['low', 'medium', 'high'];
const VERDICTS = ['approve', 'request_changes', 'reject'] as const;

/** Reads what a planner answered; a failure says what is missing. */
export async function readPlan(places: AnswerPlaces): Promise<Result<WorkPlan>> {
  const text = await findAnswer(places);
  return text === null ? refuse(NO_ANSWER) : parsePlan(text);
}

/** Reads what a reviewer answered; a failure says what is missing. */
export async function readReview(places: AnswerPlaces): Promise<Result<Review>> {
  const text = await findAnswer(places);
  return text === null ? refuse(NO_ANSWER) : parseReview(text);
}

const NO_ANSWER = 'It wrote no file $WEFT_RESULT_FILE of at most 256 KiB and printed no ```json block.';

/** The result file, else the last JSON block that was printed; null: neither. */
async function findAnswer({ resultFile, outputFile }: AnswerPlaces): Promise<string | null> {
  const written = await readAgentFile(resultFile, FILE_BYTES);
  if (written !== null && written.trim() !== '') return written;
  const printed = await readAgentTail(outputFile, FILE_BYTES);
  return [...printed.matchAll(/^```json[^\S\n]*\r?\n([\s\S]*?)^```/gm)].at(-1)?.[1] ?? null;
}

/** Reads a plan from JSON text; longer lists and texts than anybody reads are cut. */
export function parsePlan(text: string): Result<WorkPlan> {
  const fields = parseObject(text);
  if (fields === null) return refuse('Its plan is no JSON object.');
  const list = fields['milestones'];
  if (!Array.isArray(list) || list.length === 0) return refuse('Its plan has no milestones.');
  if (list.length > MILESTONES) return refuse(`Its plan has more than ${MILESTONES} milestones.`);
  const milestones: Milestone[] = [];
  for (const [at, each] of list.entries()) {
    const read = readMilestone(each);
    if (!read.ok) return refuse(`Milestone ${at + 1} ${read.failure.sentence}`);
    milestones.push(read.value);
  }
  return ok({ milestones, doNotTouch: readTexts(fields['do_not_touch']) });
}

function readMilestone(value: unknown): Result<Milestone> {
  const fields = isRecord(value) ? value : {};
  const goal = cleanText(fields['goal'], TEXT_CHARS);
  const doneChecks = readTexts(fields['done_checks']);
  const risk = RISKS.find((each) => each === fields['risk_level']);
  if (goal === null) return refuse('has no goal.');
  if (doneChecks.length === 0) return refuse('has no done_checks.');
  if (risk === undefined) return refuse('has a risk_level other than low, medium or high.');
  const filesExpected = readTexts(fields['files_expected']).map((path) => path.replace(/^(?:\.\/)+/, ''));
  return ok({ goal, filesExpected, doneChecks, risk });
}

/** Reads a review from JSON text. */
export function parseReview(text: string): Result<Review> {
  const fields = parseObject(text);
  if (fields === null) return refuse('Its review is no JSON object.');
  const status = VERDICTS.find((each) => each === fields['status']);
  if (status === undefined) {
    return refuse('Its review has a status other than approve, request_changes or reject.');
  }
  const changes = readTexts(fields['changes']);
  if (status !== 'approve' && changes.length === 0)
    return refuse(`Its review says ${status} without changes.`);
  return ok({ status, changes });
}

function readTexts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, ITEMS)
    .map((each) => cleanText(each, TEXT_CHARS))
    .filter((each) => each !== null);
}

function refuse(sentence: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ kind: 'failed', sentence });
}
