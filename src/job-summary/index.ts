export { addToJobSummary } from './append.ts';
export type { Part, Section } from './markdown.ts';
