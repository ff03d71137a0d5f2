import { SEQUENTIAL_COLOURS } from '../../../shared/palette.ts';
import { MAX_COLOURED_PARTS } from './draw-graph.ts';
import type { GraphScene } from './graph-scene.ts';
import { groupColour, hopColour, partColour, readTheme } from './theme.ts';

const MAX_GROUPS = 12;
/** Of more hops, all have the last colour. */
const MAX_HOPS = SEQUENTIAL_COLOURS.length - 1;

interface Props {
  scene: GraphScene;
  /** Hops of the node that is furthest from the start of the chosen message; undefined: none is chosen. */
  maxHops: number | undefined;
}

/** Names of the groups, and of the parts that cuts keep apart, with their colours. */
export function GraphLegend({ scene: { nodes, groups, islands }, maxHops }: Props) {
  const theme = readTheme(document.documentElement);
  const parts = islands.filter((part, index) => index < MAX_COLOURED_PARTS && part.length > 1);
  const others = islands.length - parts.length;
  if (maxHops !== undefined) {
    return (
      <div class="legend">
        {Array.from({ length: Math.min(maxHops, MAX_HOPS) + 1 }, (_, hops) => (
          <span key={hopColour(hops)}>
            <i style={{ background: hopColour(hops) }} />
            {hops === 0
              ? 'published here'
              : `${hops}${hops === MAX_HOPS && maxHops > hops ? ' or more' : ''} ${hops === 1 ? 'hop' : 'hops'}`}
          </span>
        ))}
        <span>
          <i class="without" />
          not received
        </span>
      </div>
    );
  }
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
          {describePart(part.map((node) => nodes[node]?.name ?? ''))}
        </span>
      ))}
      {others > 0 && <span>{parts.length === 0 ? `${others} parts` : `and ${others} smaller`}</span>}
    </div>
  );
}

/** Names a part of a partitioned network by its first node. */
function describePart([first, ...others]: readonly string[]): string {
  return others.length === 0 ? `${first} alone` : `${first} and ${others.length} more`;
}
