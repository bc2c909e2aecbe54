// Finds out how a session of the Agent Client Protocol is brought into a mode, onto a model, to an effort: agents offer it
// in different ways. Keeps no state.
import { isRecord } from '../agent-text.ts';
import type { Opening } from './conversation.ts';
import { type Fields, listOf, textOf } from './fields.ts';

/** One request that sets something; `method` null: the agent has no such setting. */
export interface Setting {
  readonly what: string;
  readonly method: string | null;
  readonly params: Fields;
}

/** The requests that bring a session, as it was opened, to what is wanted. */
export function findSettings(
  session: Fields,
  wanted: Pick<Opening, 'mode' | 'model' | 'effort'>,
): readonly Setting[] {
  const { mode, model, effort } = wanted;
  const settings: Setting[] = [];
  const add = (what: string, category: string, value: string | null, older: Older | null): void => {
    if (value === null) return;
    const option = findOption(session, category);
    if (option !== null) {
      const params = { configId: option['id'], value: findValue(option, value) };
      settings.push({ what, method: 'session/set_config_option', params });
    } else if (older !== null && isRecord(session[older.offer])) {
      settings.push({ what, method: older.method, params: { [older.field]: value } });
    } else {
      settings.push({ what, method: null, params: {} });
    }
  };
  add('mode', 'mode', mode, { offer: 'modes', method: 'session/set_mode', field: 'modeId' });
  add('model', 'model', model, { offer: 'models', method: 'session/set_model', field: 'modelId' });
  add('effort', 'thought_level', effort, null);
  return settings;
}

/** How the same was set before there were options. */
interface Older {
  readonly offer: string;
  readonly method: string;
  readonly field: string;
}

function findOption(session: Fields, category: string): Fields | null {
  const options = listOf(session['configOptions']).filter(isRecord);
  return options.find((option) => option['category'] === category) ?? null;
}

/** The value as the agent writes it: some write the last part of an address. */
function findValue(option: Fields, wanted: string): string {
  const values = listOf(option['options'])
    .filter(isRecord)
    .flatMap((each) => [each, ...listOf(each['options']).filter(isRecord)])
    .map((each) => textOf(each['value']));
  return values.find((value) => value === wanted || value.endsWith(`#${wanted}`)) ?? wanted;
}
