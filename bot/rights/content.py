"""Reads the starter articles and the services from `data/`; a wrong file is named with line and field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bot.config import ROOT
from bot.content import LANGS, BrokenContent, Node, read_front_matter, read_yaml
from bot.rights.model import CONFIDENCES, PLACE, WITHIN, Article, Citation, Deadline, Region, Service, Words

ARTICLES = ROOT / "data" / "rights"
SERVICES = ROOT / "data" / "services"
REGIONS = ROOT / "data" / "regions.yml"
TITLES = ARTICLES / "titles.yml"

SERVICE_CONFIDENCES = ("A", "B", "C")
KINDS = ("emergency", "hotline", "office", "online", "community")
CODE = re.compile(r"^[A-Z]{1,4}\d{2,4}$")
_REGION = re.compile(r"^\d{2}(\d{2})?$")
_PROVINCE = re.compile(r"^\d{2}$")
_REGENCY = re.compile(r"^\d{4}$")
_ISO = re.compile(r"^ID-[A-Z]{2}$")
_SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")

_ARTICLE_FIELDS = frozenset(Article.__dataclass_fields__) - {"words"} | set(LANGS)
_WORDS_FIELDS = frozenset(Words.__dataclass_fields__)


def load_articles(folder: Path = ARTICLES) -> tuple[Article, ...]:
    """All articles of a folder, by code. Raises BrokenContent, also for a code or slug that is used twice."""
    articles: list[Article] = []
    seen: dict[str, Path] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        article = load_article(path)
        for field, name in (("code", article.code), ("slug", article.slug)):
            if name in seen:
                raise BrokenContent(path, 1, field, f"is taken by {seen[name].name}")
            seen[name] = path
        articles.append(article)
    return tuple(sorted(articles, key=lambda article: article.code))


def load_article(path: Path) -> Article:
    """One article file. Raises BrokenContent."""
    node, body, body_line = read_front_matter(path)
    if not body:
        raise BrokenContent(path, body_line, "body", "is missing")
    return article_of(node, body)


def article_of(node: Node, body: str = "") -> Article:
    """An article from its fields; `body`: its Indonesian text, where that stands below them. Raises BrokenContent."""
    node.only(_ARTICLE_FIELDS)
    adopted = node.child("adopted").yes()
    if adopted:
        for needed in ("agency", "reviewer", "reviewed_on"):
            if node.find(needed) is None:
                raise BrokenContent(
                    node.file, node.child("adopted").line, needed, "must be filled in an adopted article"
                )
    words = {"id": _words(node.child("id"), body)}
    english = node.find("en")
    if english is not None:
        words["en"] = _words(english, "")
    reviewed_on = node.find("reviewed_on")
    return Article(
        code=_matching(node.child("code"), CODE, "must look like R01"),
        slug=_matching(node.child("slug"), _SLUG, "must be small letters, digits and single hyphens"),
        topics=node.child("topics").texts(),
        audience=node.child("audience").text(),
        adopted=adopted,
        agency=_text(node, "agency"),
        author=node.child("author").text(),
        reviewer=_text(node, "reviewer"),
        reviewed_on=reviewed_on.day() if reviewed_on else None,
        compiled_on=node.child("compiled_on").day(),
        valid_until=node.child("valid_until").day(),
        jurisdiction=_matching(node.child("jurisdiction"), PLACE, "must be ID or a region's code such as ID-AC or 11"),
        problem_types=node.child("problem_types").texts(),
        related=node.child("related").texts(),
        deadlines=tuple(_deadline(item) for item in node.child("deadlines").each()),
        citations=_citations(node.child("citations")),
        words=words,
        irreversible=found.yes() if (found := node.find("irreversible")) else False,
        open_question=_text(node, "open_question"),
        regions=_codes(node, "regions", PLACE, "must be a region's code such as ID-AC or 11"),
        services=found.texts() if (found := node.find("services")) else (),
    )


def _words(node: Node, below: str) -> Words:
    node.only(_WORDS_FIELDS)
    inside = node.find("body")
    if below and inside:
        raise inside.broken("stands below the second --- already")
    return Words(
        title=node.child("title").text(),
        questions=node.child("questions").texts(),
        short=node.child("short").text(),
        steps=node.child("steps").texts(),
        limits=node.child("limits").texts(),
        who=node.child("who").texts(),
        body=below or (inside.text() if inside else ""),
        practice=found.texts() if (found := node.find("practice")) else (),
    )


def _deadline(node: Node) -> Deadline:
    node.only(("label", "within", "runs_for"))
    runs_for = node.find("runs_for")
    return Deadline(
        label=node.child("label").words(),
        within=_matching(node.child("within"), WITHIN, "must look like 72 jam, 3×24 jam or 7 hari sebelum berakhir"),
        runs_for=runs_for.one_of(("client", "agency")) if runs_for else "client",
    )


def _citations(node: Node) -> tuple[Citation, ...]:
    found = tuple(_citation(item) for item in node.each())
    if not found:
        raise node.broken("must name at least one source")
    return found


def _citation(node: Node) -> Citation:
    node.only(("law", "article", "paragraph", "state", "confidence"))
    return Citation(
        law=node.child("law").text(),
        article=_text(node, "article") or "",
        state=node.child("state").text(),
        confidence=node.child("confidence").one_of(CONFIDENCES),
        paragraph=_text(node, "paragraph") or "",
    )


def _matching(node: Node, pattern: re.Pattern[str], what: str) -> str:
    if not pattern.fullmatch(node.text()):
        raise node.broken(what)
    return node.text()


def _codes(node: Node, key: str, pattern: re.Pattern[str], what: str) -> tuple[str, ...]:
    found = node.find(key)
    return tuple(_matching(item, pattern, what) for item in found.each()) if found else ()


def _text(node: Node, key: str) -> str | None:
    found = node.find(key)
    return found.text() if found else None


def load_services(folder: Path = SERVICES) -> tuple[Service, ...]:
    """All services of a folder, in the order of the files. Raises BrokenContent, also for a code used twice."""
    services: list[Service] = []
    seen: set[str] = set()
    for path in sorted(folder.glob("*.yml")):
        for node in read_yaml(path).each():
            service = _service(node)
            if service.code in seen:
                raise node.child("code").broken("is used twice")
            seen.add(service.code)
            services.append(service)
    return tuple(services)


def _service(node: Node) -> Service:
    contact = node.child("contact")
    # An unknown kind of contact would be dropped silently otherwise.
    contact.only(("tel", "tel_alt", "wa", "web", "email"))
    warning = node.find("warning")
    tested_on = node.find("tested_on")
    region = node.find("region")
    return Service(
        code=node.child("code").text(),
        name=_name(node.child("name")),
        kind=node.child("kind").one_of(KINDS),
        tel=_text(contact, "tel"),
        tel_alt=_text(contact, "tel_alt"),
        wa=_text(contact, "wa"),
        web=_text(contact, "web"),
        email=_text(contact, "email"),
        hours=node.child("hours").words(),
        does=node.child("does").words(),
        categories=node.child("categories").texts(),
        crisis=found.texts() if (found := node.find("crisis")) else (),
        always_shown=node.child("always_shown").yes(),
        never_alone=found.yes() if (found := node.find("never_alone")) else False,
        conflicting=_text(node, "status") == "conflict",
        tested_on=tested_on.day() if tested_on else None,
        tested_by=_text(node, "tested_by"),
        expires_after_days=node.child("expires_after_days").whole(),
        reports_to_police=node.child("reports_to_police").one_of(("yes", "no", "unknown")),
        confidence=node.child("confidence").one_of(SERVICE_CONFIDENCES),
        warning=warning.words() if warning else None,
        region=_matching(region, _REGION, "must be a code of two or four digits") if region else None,
    )


def load_regions(path: Path = REGIONS) -> tuple[Region, ...]:
    """The provinces of a file with their regencies and cities, in its order. Raises BrokenContent."""
    nodes = list(read_yaml(path).each())
    found = tuple(_province(node) for node in nodes)
    codes = {region.code for region in found}
    for border in (border for node in nodes for border in node.child("borders").each()):
        if border.value not in codes:
            raise border.broken("is no province of this file")
    return found


def _province(node: Node) -> Region:
    node.only(("code", "iso", "bps", "name", "also", "borders", "regencies"))
    code = _matching(node.child("code"), _PROVINCE, "must be a code of two digits")
    regencies = node.child("regencies")
    return Region(
        code=code,
        name=node.child("name").text(),
        also=node.child("also").texts(),
        iso=_matching(node.child("iso"), _ISO, "must look like ID-AC"),
        bps=_matching(node.child("bps"), _PROVINCE, "must be a code of two digits"),
        borders=node.child("borders").texts(),
        parts=tuple(_regency(regencies.child(key), key, code) for key in regencies.keys()),  # noqa: SIM118
    )


def _regency(node: Node, code: str, province: str) -> Region:
    if not _REGENCY.match(code) or not code.startswith(province):
        raise node.broken(f"its code must be four digits that begin with {province}")
    return Region(code, node.text())


def load_titles(path: Path = TITLES) -> Mapping[str, Mapping[str, str]]:
    """The neutral title of each topic, by code and language. Raises BrokenContent."""
    node = read_yaml(path)
    codes = node.keys()
    return {code: node.child(code).words() for code in codes}


def _name(node: Node) -> Mapping[str, str]:
    """A name is one text for all languages, or one for each."""
    if isinstance(node.value, str):
        return dict.fromkeys(LANGS, node.text())
    return node.words()
