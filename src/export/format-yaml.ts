import { stringify } from 'yaml';

/**
 * Documents as YAML under a heading of comments. Text that either version of YAML would read as something else is quoted:
 * docker-compose 1.29 and Kubernetes read 1.1, where `on` is true and `12:30` a number.
 */
export function formatYamlDocuments(heading: readonly string[], documents: readonly object[]): string {
  const comment = heading.map((line) => `# ${line}`.trimEnd()).join('\n');
  const texts = documents.map((document) =>
    stringify(document, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false, indentSeq: true }),
  );
  return `${comment}\n\n${texts.join('---\n')}`;
}
