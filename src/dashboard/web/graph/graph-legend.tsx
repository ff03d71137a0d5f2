import { groupColour, MAX_COLOURED_PARTS, partColour } from './draw-graph.ts';
import type { GraphScene } from './graph-scene.ts';
import { readTheme } from './theme.ts';

const MAX_GROUPS = 12;

/** Names of the groups, and sizes of the parts that cuts keep apart, with their colours. */
export function GraphLegend({ scene: { groups, islands } }: { scene: GraphScene }) {
  const theme = readTheme(document.documentElement);
  const parts = islands.filter((part, index) => index < MAX_COLOURED_PARTS && part.length > 1);
  const others = islands.length - parts.length;
  return (
    <div class="legend">
      {groups.slice(0, MAX_GROUPS).map((group, index) => (
        <span key={group}>
          <i style={{ background: groupColour(index, theme) }} />
          {group}
        </span>
      ))}
      {parts.map((part, index) => (
        <span key={`part ${index + 1}`}>
          <i class="part" style={{ background: partColour(index) }} />
          part of {part.length} nodes
        </span>
      ))}
      {others > 0 && <span>{parts.length === 0 ? `${others} parts` : `and ${others} smaller`}</span>}
    </div>
  );
}
