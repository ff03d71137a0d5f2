import { DevnetError } from '../../shared/errors.ts';
import type { SpecCase, SpecSection } from '../harness/spec-case.ts';

/** The cases that selectors name: `1` a section, `1.7` a case. All of them without any. Throws DevnetError `usage`. */
export function selectCases(sections: readonly SpecSection[], selectors: readonly string[]): SpecCase[] {
  const cases = sections.flatMap((section) => section.cases);
  for (const selector of selectors) {
    if (cases.some(({ number }) => matchesSelector(number, selector))) continue;
    throw new DevnetError('usage', `no case is called "${selector}"`, {
      hint: `name a section (1 to ${sections.length}) or a case (${cases[0]?.number})`,
    });
  }
  return selectors.length === 0
    ? cases
    : cases.filter(({ number }) => selectors.some((selector) => matchesSelector(number, selector)));
}

function matchesSelector(number: string, selector: string): boolean {
  return number === selector || number.startsWith(`${selector}.`);
}
