"""A transcriber that hears what it is told to, for tests, demonstrations and measuring what everything else costs."""

from coach.speech.terms import RATE, Pcm, Transcript, Word


class ScriptedTranscriber:
    """Hears the same words in every recording, evenly spread over it; a word that ends with `?` is heard with doubt."""

    def __init__(self, words: str = "") -> None:
        self._words = words.split()
        self.name = f"scripted:{words}"

    def available(self) -> str | None:
        """None: it always is."""
        return None

    def transcribe(self, pcm: Pcm, hints: tuple[str, ...] = ()) -> Transcript:
        """The words."""
        duration = len(pcm) / RATE
        each = duration / max(1, len(self._words))
        words = tuple(
            Word(text=word.rstrip("?"), start=i * each, end=(i + 1) * each, prob=0.1 if word.endswith("?") else 1.0)
            for i, word in enumerate(self._words)
        )
        text = " ".join(word.text for word in words)
        return Transcript(text=text, words=words, duration=duration, engine=self.name, draft=True)
