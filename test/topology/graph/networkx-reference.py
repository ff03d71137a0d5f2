"""Writes networkx-reference.json, next to this file: metrics of graphs as NetworkX computes them, to compare with ours.

    pip install networkx==3.6.1
    npm run build && python3 test/topology/graph/networkx-reference.py && npx biome check --write test/topology/graph/networkx-reference.json

NetworkX: A. Hagberg, D. Schult, P. Swart, "Exploring network structure, dynamics, and function using NetworkX",
Proceedings of the 7th Python in Science Conference, 2008. Its graphs of real people come with it.
"""
import json, pathlib, platform, subprocess, tempfile
import networkx as nx

here = pathlib.Path(__file__).parent

# The twelve shapes, one-way graphs, a mixture, and graphs that fall apart.
TOPOLOGIES = {
    "line": "nodes: { count: 17 }\nlinks: line",
    "one-way ring": "nodes: { count: 12 }\nlinks: { shape: ring, directed: true }",
    "star": "nodes: { count: 15 }\nlinks: star",
    "mesh": "nodes: { count: 9 }\nlinks: mesh",
    "one-way mesh": "nodes: { count: 9 }\nlinks: { shape: mesh, directed: true }",
    "tree of three": "nodes: { count: 30 }\nlinks: { shape: tree, branching: 3 }",
    "grid": "nodes: { count: 28 }\nlinks: { shape: grid, columns: 7 }",
    "torus": "nodes: { count: 30 }\nlinks: { shape: torus, columns: 6 }",
    "hypercube": "nodes: { count: 32 }\nlinks: hypercube",
    "regular": "nodes: { count: 40 }\nlinks: { shape: regular, degree: 5, seed: 11 }",
    "random": "nodes: { count: 40 }\nlinks: { shape: random, probability: 0.15, seed: 3 }",
    "one-way random": "nodes: { count: 40 }\nlinks: { shape: random, count: 260, seed: 21, directed: true }",
    "random, fallen apart": "nodes: { count: 40 }\nlinks: { shape: random, count: 30, seed: 5, connected: false }",
    "small world": "nodes: { count: 50 }\nlinks: { shape: small-world, degree: 6, rewire: 0.1, seed: 7 }",
    "one-way small world": "nodes: { count: 50 }\nlinks: { shape: small-world, degree: 6, rewire: 0.3, seed: 2, directed: true }",
    "scale-free": "nodes: { count: 60 }\nlinks: { shape: scale-free, attach: 2, seed: 4 }",
    "two shapes and a bridge": "nodes: { a: { count: 8 }, b: { count: 7 } }\n"
    "links: [{ shape: mesh, over: a }, { shape: ring, over: b }, a1 -> b1, b4 -> a8]",
    "no links": "nodes: { count: 4 }",
}

# Graphs of people who know each other, so both ways.
PEOPLE = {
    "karate club": ("W. W. Zachary, Journal of Anthropological Research 33, 1977", nx.karate_club_graph()),
    "Florentine families": ("R. L. Breiger, P. E. Pattison, Social Networks 8, 1986", nx.florentine_families_graph()),
    "Les Misérables": ("D. E. Knuth, The Stanford GraphBase, 1993", nx.les_miserables_graph()),
}


def declared(text):
    """The graph of a topology file, its nodes numbered from 1 in their order."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "topology.yaml")
        file.write_text(text)
        command = ["node", here.parents[2] / "dist" / "cli.js", "graph", file, "--format", "json"]
        drawn = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    number = {node["name"]: at + 1 for at, node in enumerate(drawn["nodes"])}
    graph = nx.DiGraph()
    graph.add_nodes_from(number.values())
    graph.add_edges_from((number[link["from"]], number[link["to"]]) for link in drawn["links"])
    return graph


def numbered(graph):
    return nx.relabel_nodes(graph, {node: at + 1 for at, node in enumerate(graph)}).to_directed()


def spread(degrees):
    values = [degree for _, degree in degrees]
    return {"min": min(values), "mean": sum(values) / len(values), "max": max(values)}


def figures(graph):
    both = graph.to_undirected()
    strong = nx.is_strongly_connected(graph)
    lengths = dict(nx.all_pairs_shortest_path_length(graph))
    farthest = [max(lengths[node].values()) if len(lengths[node]) == len(graph) else None for node in graph]
    parts = sorted((sorted(part) for part in nx.weakly_connected_components(graph)), key=lambda part: (-len(part), part))
    return {
        "nodes": graph.number_of_nodes(),
        "links": graph.number_of_edges(),
        "degree": {
            "in": spread(graph.in_degree()),
            "out": spread(graph.out_degree()),
            "neighbours": spread(both.degree()),
        },
        "parts": " | ".join(" ".join(map(str, part)) for part in parts),
        "diameter": nx.diameter(graph) if strong else None,
        "averagePath": nx.average_shortest_path_length(graph) if strong else None,
        "eccentricity": " ".join("-" if hops is None else str(hops) for hops in farthest),
        "clustering": nx.average_clustering(both),
        "transitivity": nx.transitivity(both),
    }


def entry(name, origin, graph):
    links = " ".join(f"{a}>{b}" for a, b in sorted(graph.edges()))
    return {"name": name, **origin, "links": links, "figures": figures(graph)}


graphs = [entry(name, {"topology": text}, declared(text)) for name, text in TOPOLOGIES.items()]
graphs += [entry(name, {"source": source}, numbered(graph)) for name, (source, graph) in PEOPLE.items()]
made = {
    "by": f"networkx {nx.__version__}, Python {platform.python_version()}",
    "command": "python3 test/topology/graph/networkx-reference.py",
}
text = json.dumps({"made": made, "graphs": graphs}, indent=2, ensure_ascii=False)
(here / "networkx-reference.json").write_text(f"{text}\n")
