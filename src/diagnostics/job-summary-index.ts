export { addToJobSummary } from './job-summary.ts';
export type { JobSummaryPart, JobSummarySection } from './job-summary-markdown.ts';
