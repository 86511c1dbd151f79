"""What the interface for programs answers with: the shapes that its OpenAPI document shows."""

from __future__ import annotations

from datetime import date
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list, as HSDS has it."""

    page_number: int
    size: int = Field(description="how many are on this page")
    total_items: int
    total_pages: int
    first_page: bool
    last_page: bool
    contents: list[T]


class Trouble(BaseModel):
    """Why there is no answer, in one word."""

    error: str


class ArticleWords(BaseModel):
    """An article in one language. Of an expired one only `title` and `who` are filled."""

    title: str
    short: str = ""
    steps: list[str] = []
    limits: list[str] = []
    practice: list[str] = []
    who: list[str] = []
    body: str = Field("", description="Markdown")


class ArticleHead(BaseModel):
    """An article on rights as lists show it."""

    code: str
    slug: str
    url: str
    version: str
    titles: dict[str, str] = Field(description="by language")
    reviewed: bool = Field(description="false: a starter that no agency has reviewed yet")
    agency: str | None
    reviewed_on: date | None
    valid_until: date
    expired: bool
    in_doubt: bool = Field(description="a law that it cites has changed since")
    jurisdiction: str
    regions: list[str]
    topics: list[str]


class ArticleCitation(BaseModel):
    """Where a statement comes from."""

    law: str
    article: str
    paragraph: str
    state: str
    confidence: str


class FullArticle(ArticleHead):
    """An article with its words."""

    words: dict[str, ArticleWords] = Field(description="by language")
    citations: list[ArticleCitation]


class TopicOut(BaseModel):
    """A problem type with its name in each language, and the articles about it."""

    code: str
    name: dict[str, str]
    articles: list[str] = Field(description="slugs")


class RegionPart(BaseModel):
    """A regency or city."""

    code: str
    name: str


class RegionOut(BaseModel):
    """A province, or a regency or city, by its official code (Kemendagri)."""

    code: str
    name: str
    level: str = Field(description="province or regency")
    iso: str | None = Field(None, description="ISO 3166-2")
    bps: str | None = Field(None, description="of the statistics office")
    borders: list[str] = []
    parts: list[RegionPart] = []


class OrganizationOut(BaseModel):
    """HSDS organization."""

    id: str
    name: str
    description: str | None = None
    website: str | None = None
    email: str | None = None


class PhoneOut(BaseModel):
    """HSDS phone, with the test of the number; without `tested_on` nobody's test counts today."""

    id: str
    number: str
    type: str
    extension: str | None = None
    description: str | None = None
    tested_on: date | None = None
    tested_by: str | None = None
    expires_after_days: int | None = None


class AddressOut(BaseModel):
    """HSDS address; `region` is an official code."""

    id: str
    address_1: str
    region: str
    postal_code: str | None = None
    country: str


class LocationOut(BaseModel):
    """HSDS location."""

    id: str
    name: str
    location_type: str
    transportation: str | None = None
    addresses: list[AddressOut]


class AtLocationOut(BaseModel):
    """HSDS service_at_location."""

    id: str
    location: LocationOut


class ServiceOut(BaseModel):
    """HSDS service, with what is added to the standard. One with a confidential place has no service_at_locations."""

    id: str
    name: str
    name_en: str | None = None
    status: str
    organization: OrganizationOut
    confidential_location: bool
    kept_by: str | None = Field(description="the agency; null: a starter that no agency has tested")
    always: bool = Field(description="an emergency number, which stands without a test")
    description: str | None = None
    description_en: str | None = None
    url: str | None = None
    email: str | None = None
    eligibility_description: str | None = None
    eligibility_description_en: str | None = None
    minimum_age: int | None = None
    maximum_age: int | None = None
    fees_description: str | None = None
    fees_description_en: str | None = None
    application_process: str | None = None
    application_process_en: str | None = None
    alert: str | None = None
    alert_en: str | None = None
    reports_to_police: str
    assured_date: date | None = None
    assured_by: str | None = None
    phones: list[PhoneOut] = []
    service_at_locations: list[AtLocationOut] = []
