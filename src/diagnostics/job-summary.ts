import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { formatJobSummarySection, type JobSummarySection } from './job-summary-markdown.ts';

/** What GitHub takes of one step, bytes. A summary beyond that is not shown at all. */
const MAX_SUMMARY_BYTES = 1024 * 1024;
const SUMMARY_FULL_NOTE = 'There is more than a summary holds: the rest is in the log of this step.\n';

/**
 * Adds a section to the summary of the job that this process is a step of, where it is one: where `GITHUB_STEP_SUMMARY` names
 * a file. When there is no room for a section, that is said instead, and nothing follows.
 * @returns whether it was added; that it could not be written is no reason for anything to fail
 */
export function addToJobSummary(section: JobSummarySection, file = process.env.GITHUB_STEP_SUMMARY): boolean {
  if (file === undefined || file === '') return false;
  try {
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (before.endsWith(SUMMARY_FULL_NOTE)) return false;
    const text = formatJobSummarySection(section);
    const fits =
      Buffer.byteLength(before) + Buffer.byteLength(text) + Buffer.byteLength(SUMMARY_FULL_NOTE) <= MAX_SUMMARY_BYTES;
    appendFileSync(file, fits ? text : SUMMARY_FULL_NOTE);
    return fits;
  } catch {
    return false;
  }
}
