"""Indonesian (with its regional languages), English or mixed: by small words, and by letters where they are missing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Literal

from bot.assistant.rasa_side.nlu.normalise import Normaliser

Language = Literal["id", "en", "mixed"]


def words_in(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


ENGLISH = words_in(
    """i you he she we they me him her us them my your his our their mine it its this that these those a an the is are
    was were be been being am do does did done have has had having will would can could should shall may might must
    not don't doesn't didn't can't cannot won't wouldn't isn't wasn't aren't i'm i've i'll i'd he's she's it's
    you're they're what who whom whose which when where why how and or but if because since so then than for to
    from in on at by of with without about into out up down over after before until while again here there now
    today yesterday tomorrow night morning yes yeah yep nope no none nothing nobody never always often sometimes
    just really very too much many some any all every each other another someone something anyone anything hello
    hey hi thank thanks sorry want need know think feel feeling tell talk say said ask help stop wait back go going
    come get got make made take give keep leave left stay live work home house school money husband wife boyfriend
    girlfriend mother father mom dad mum sister brother son daughter kids child children friend friends boss police
    scared afraid sad angry tired alone hit hits hurt hurts year years month months week weeks day days time times
    long ago last first one two three four five six sure fine okay right wrong please maybe still only also more
    less most bad good better worse"""
)
INDONESIAN = words_in(
    """saya aku kamu anda dia mereka kita kami ini itu yang dan atau tapi kalau karena jadi juga saja aja sejak dari
    sampai pada dalam ke di dengan untuk oleh tidak bukan belum sudah jangan ya iya oke boleh ada apa siapa kapan
    bagaimana kenapa mengapa berapa bisa mau ingin harus akan sedang masih lagi tahu begitu begini seperti sekali
    sangat sering selalu kadang terus nanti sekarang kemarin tadi besok hari malam pagi minggu bulan tahun jam lama
    baru takut sedih marah capek bingung malu sakit kecewa suami istri anak orang bapak ibu kakak adik teman pacar
    tetangga rumah uang kerja sekolah polisi pukul dipukul cerita bicara simpan hapus lapor minta tolong bantu
    kasih lihat terima maaf silakan halo dong deh sih kok kan nih tuh lho lah pun nya satu dua tiga empat lima enam
    tujuh banyak sedikit semua setiap tiap paling lebih kurang sama saat waktu setelah sebelum pernah cuma hanya
    bahkan mungkin rasa merasa hidup mati pulang pergi datang tinggal tidur makan jadi banget punya bawa kata suka
    benci sayang sudahlah sore siang permisi sapa mohon udah gak nggak enggak ga aja udah kalo"""
)
# Words of both, or of neither: they say nothing about the language.
NEUTRAL = words_in(
    """ok oke okay online chat hp wa whatsapp sorry please bye halo hello stress stres email facebook instagram"""
)
MIXED_FROM, ENGLISH_FROM = 0.25, 0.75
MIN_WORDS_FOR_MIXED = 4
SMOOTHING, LETTERS = 0.5, (2, 3, 4)


class LanguageGuesser:
    """Counts words it knows; for the others asks a letter model, learned from clear sentences of the training data."""

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self._counts: dict[str, Counter[str]] = {"en": Counter(), "id": Counter()}
        self._totals: dict[str, float] = {}

    def fit(self, texts: Iterable[str]) -> LanguageGuesser:
        """Learn the letters of words in sentences whose small words leave no doubt."""
        for text in texts:
            words = _words(text)
            votes = [vote for vote in map(self._known, words) if vote]
            if len(votes) >= 2 and len(set(votes)) == 1:
                for word in words:
                    self._counts[votes[0]].update(_letters(word))
        self._totals = {language: counts.total() for language, counts in self._counts.items()}
        return self

    def guess(self, text: str, default: Language = "id") -> Language:
        """The language of a text; `default` when nothing in it says anything."""
        votes = [self._known(word) or self._by_letters(word) for word in _words(text) if word not in NEUTRAL]
        votes = [vote for vote in votes if vote]
        if not votes:
            return default
        share = votes.count("en") / len(votes)
        if share >= ENGLISH_FROM:
            return "en"
        known = {self._known(word) for word in _words(text) if word not in NEUTRAL}
        if share >= MIXED_FROM and len(votes) >= MIN_WORDS_FOR_MIXED and {"en", "id"} <= known:
            return "mixed"
        return "en" if share > 0.5 else "id"

    def _known(self, word: str) -> str | None:
        english = word in ENGLISH
        indonesian = word in INDONESIAN or any(part in INDONESIAN for part in self._normaliser.word(word).split())
        if english == indonesian:
            return None
        return "en" if english else "id"

    def _by_letters(self, word: str) -> str | None:
        if len(word) < 3 or word in NEUTRAL:
            return None
        scores = {language: self._score(word, language) for language in self._counts}
        return "en" if scores["en"] > scores["id"] else "id"

    def _score(self, word: str, language: str) -> float:
        counts = self._counts[language]
        total = self._totals[language] + SMOOTHING * 20_000
        return sum(math.log((counts[piece] + SMOOTHING) / total) for piece in _letters(word))


def _words(text: str) -> list[str]:
    cleaned = "".join(sign if sign.isalpha() or sign == "'" else " " for sign in text.lower().replace("’", "'"))
    return [word.strip("'") for word in cleaned.split() if word.strip("'")]


def _letters(word: str) -> list[str]:
    padded = f"^{word}$"
    return [padded[start : start + size] for size in LETTERS for start in range(len(padded) - size + 1)]
