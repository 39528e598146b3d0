"""Views of the cap on hours with companies: the windows that `services.placements.model.windows` counts, in SQL.

Hours of one association, whatever the setting `ai_cap_scope`: a view knows no settings.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.placements.model.reference import cap_client_kinds, cap_limits, cap_structure_kinds
from services.projections.views.joins import day_literal, kind_of_client, kind_of_structure, on, reference
from shared.facts.fact import LAST_DAY

COMMENTS = {
    "cap_limits": "Hours with capped clients over so many months, by the day on which a window opens. A reference table.",
    "cap_structure_kinds": "Kinds of structures whose placements the cap is about, by day. A reference table.",
    "cap_client_kinds": "Kinds of clients, and whether hours with them count against the cap. A reference table.",
    "capped_placements": "Placements whose hours count against the cap, with the hours that do, and those planned today.",
    "cap_windows": "Windows of the cap on hours by person and structure: what is worked, planned and left today.",
}


def views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of each, after those it reads."""
    yield "cap_limits", reference(cap_limits())
    yield "cap_structure_kinds", reference(cap_structure_kinds())
    yield "cap_client_kinds", reference(cap_client_kinds())
    yield "capped_placements", _capped_placements(read, bi)
    yield "cap_windows", _cap_windows(read, bi)


def _capped_placements(read: str, bi: str) -> str:
    """By what structure and client were on the first day; a kind not known (yet) caps nothing. Hours planned and not
    worked count until the placement is over."""
    is_over = "p.ended_on IS NOT NULL OR coalesce(p.ends_on < d.day, false)"
    return f"""SELECT p.person_id, p.structure_id, p.placement_id, p.client_id, c.kind AS client_kind,
    p.starts_on, p.ends_on, p.ended_on, p.planned_hours, w.hours AS hours_worked,
    CASE WHEN {is_over} THEN 0 ELSE greatest({_rounded("coalesce(p.planned_hours, 0) - w.hours")}, 0) END AS hours_planned,
    coalesce(p.ends_on, greatest(p.starts_on, w.last_day, d.day)) AS runs_until
FROM {read}.placements p CROSS JOIN {bi}.today d
{kind_of_structure(read, "s", "p.structure_id", "p.starts_on")}
{kind_of_client(read, "c", "p.client_id", "p.starts_on")}
JOIN {bi}.cap_structure_kinds sk ON sk.kind = s.kind AND sk.capped AND {on("p.starts_on", "sk", "valid_from", "valid_to")}
JOIN {bi}.cap_client_kinds ck ON ck.kind = c.kind AND ck.capped AND {on("p.starts_on", "ck", "valid_from", "valid_to")}
CROSS JOIN LATERAL (
    SELECT {_rounded("coalesce(sum(e.hours), 0)")} AS hours, max({_day_of("e", "p")}) AS last_day
    FROM {read}.hours_entries e WHERE {_counts("e", "p")}
) w"""


def _cap_windows(read: str, bi: str) -> str:
    """Windows follow each other from one on, so that those of each person and structure are found by themselves: a
    filter on either reads what is theirs. `asked`: the day of the window that is nearest to today."""
    return f"""SELECT o.person_id, o.structure_id, w.starts_on AS window_starts_on, w.ends_on AS window_ends_on,
    d.day BETWEEN w.starts_on AND w.ends_on AS current, r.article, r.hours_limit AS rule_limit,
    l.hours_limit, k.hours AS hours_worked, p.hours AS hours_planned,
    CASE WHEN l.hours_limit IS NOT NULL
      THEN greatest({_rounded("l.hours_limit - k.hours - p.hours")}, 0) END AS hours_left,
    g.derogation_id, CASE WHEN l.hours_limit IS NULL THEN g.ends_on END AS lifted_until,
    p.placement_id AS last_placement_id, p.starts_on AS last_starts_on
FROM (SELECT DISTINCT person_id, structure_id FROM {bi}.capped_placements) o CROSS JOIN {bi}.today d
CROSS JOIN LATERAL ({_windows(read, bi)}) w
JOIN {bi}.cap_limits r ON {on("w.starts_on", "r", "valid_from", "valid_to")}
CROSS JOIN LATERAL (
    SELECT {_rounded("coalesce(sum(e.hours), 0)")} AS hours
    FROM {bi}.capped_placements c JOIN {read}.hours_entries e ON {_counts("e", "c")}
    WHERE {_of("c")} AND {_day_of("e", "c")} BETWEEN w.starts_on AND w.ends_on
) k
CROSS JOIN LATERAL (
    SELECT {_rounded("coalesce(sum(c.hours_planned), 0)")} AS hours, max(c.starts_on) AS starts_on,
        (array_agg(c.placement_id ORDER BY c.starts_on DESC, c.placement_id) FILTER (WHERE c.hours_planned > 0))[1]
            AS placement_id
    FROM {bi}.capped_placements c
    WHERE {_of("c")} AND c.hours_planned > 0 AND greatest(c.starts_on, d.day) BETWEEN w.starts_on AND w.ends_on
) p
LEFT JOIN LATERAL (
    SELECT x.derogation_id, x.ends_on, x.new_limit FROM {read}.derogations x
    WHERE x.structure_id = o.structure_id AND x.rule = 'ai_hours_cap'
      AND least(greatest(d.day, w.starts_on), w.ends_on) BETWEEN x.starts_on AND x.ends_on
    ORDER BY x.new_limit DESC NULLS FIRST, x.ends_on DESC LIMIT 1
) g ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN g.derogation_id IS NULL THEN r.hours_limit ELSE g.new_limit END AS hours_limit
) l"""


def _windows(read: str, bi: str) -> str:
    """Each opens on the first day after the one before on which a capped placement runs: days agreed, and days on which
    hours were worked all the same."""
    worked = _day_of("e", "i")
    following = f"""(
        SELECT min(CASE WHEN i.starts_on > b.ends_on THEN i.starts_on WHEN i.runs_until > b.ends_on THEN b.ends_on + 1
            ELSE (SELECT min({worked}) FROM {read}.hours_entries e WHERE {_counts("e", "i")} AND {worked} > b.ends_on) END)
        FROM its i
    )"""
    return f"""
    WITH RECURSIVE its AS MATERIALIZED (
        SELECT c.person_id, c.placement_id, c.starts_on, c.runs_until FROM {bi}.capped_placements c WHERE {_of("c")}
    ), spans AS (
        SELECT f.starts_on, {_ENDS_ON} AS ends_on FROM (SELECT min(starts_on) AS starts_on FROM its) f {_rule(bi)}
      UNION ALL
        SELECT f.starts_on, {_ENDS_ON} FROM spans b CROSS JOIN LATERAL (SELECT {following} AS starts_on) f {_rule(bi)}
    )
    SELECT starts_on, ends_on FROM spans"""


_ENDS_ON = f"""greatest(
            least((f.starts_on + make_interval(months => r.months))::date, {day_literal(LAST_DAY)}) - 1, f.starts_on)"""


def _rule(bi: str) -> str:
    """Of the window that opens on a day; none where there is no such day."""
    return f"JOIN {bi}.cap_limits r ON {on('f.starts_on', 'r', 'valid_from', 'valid_to')}"


def _of(capped: str) -> str:
    return f"{capped}.person_id = o.person_id AND {capped}.structure_id = o.structure_id"


def _counts(entry: str, placement: str) -> str:
    """Hours of a service sold (`provision`) are nobody's loan."""
    return f"""{entry}.person_id = {placement}.person_id AND {entry}.placement_id = {placement}.placement_id
      AND {entry}.mode IS DISTINCT FROM 'provision'"""


def _day_of(entry: str, placement: str) -> str:
    """The day that says in which window an entry counts."""
    first = f"coalesce({entry}.from_day, to_date({entry}.month, 'YYYY-MM'))"
    return f"greatest({first}, {placement}.starts_on)"


def _rounded(hours: str) -> str:
    """Sums of at most four decimals stay so."""
    return f"round(({hours})::numeric, 4)::double precision"
