import { type Background, svgDocument, svgText } from '../../graph-drawing/formats/svg-elements.ts';

const LIGHT = { ink: '#1f2733', quiet: '#5f6b7a', rule: '#e3e7ec', axis: '#98a3b0', page: '#fff', pale: '#c9d0d8' };
const DARK = { ink: '#e6eaf0', quiet: '#9aa6b5', rule: '#2a323c', axis: '#64707d', page: '#0f1318', pale: '#3a434e' };

const styleOf = ({ ink, quiet, rule, axis, page, pale }: typeof LIGHT): string =>
  `.plot .ink{fill:${ink}}.plot .quiet{fill:${quiet}}.plot .rule{stroke:${rule}}.plot .axis{stroke:${axis}}` +
  `.plot .pale{stroke:${pale}}.plot .hole{fill:${page}}.plot .rim{stroke:${page}}`;

/** Formats a plot as an SVG document. @param heading `description` is for those who do not see it; `titleX` is its left end */
export function plotDocument(
  size: { width: number; height: number },
  { title, description, titleX }: { title: string; description: string; titleX: number },
  background: Background,
  content: readonly string[],
): string {
  const style = `.plot text{stroke:none}.plot .line{fill:none}${styleOf(LIGHT)}`;
  return svgDocument({ ...size, title, description, className: 'plot', style, darkStyle: styleOf(DARK), background }, [
    svgText(titleX, 22, title, { className: 'ink', size: 15, bold: true }),
    ...content,
  ]);
}
