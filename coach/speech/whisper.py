"""Whisper by faster-whisper: word times and probabilities, and hints as hotwords; it drops "um" and "uh"."""

from typing import Any

from coach.speech.models import missing, model_folder
from coach.speech.terms import RATE, Pcm, Transcript, Word

_FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")


class WhisperTranscriber:
    """Hears with a Whisper model of a size: `base.en` is twice as fast as speech on two cores, `small.en` better."""

    def __init__(self, size: str = "base.en") -> None:
        self.name = f"whisper:{size}"
        self._hub = f"Systran/faster-whisper-{size}"
        self._model: Any = None

    def available(self) -> str | None:
        """None where the package and the model are here."""
        return missing("faster_whisper", self._hub, _FILES)

    def transcribe(self, pcm: Pcm, hints: tuple[str, ...] = ()) -> Transcript:
        """Hear what is speech; silence is left out, since Whisper makes words of it. Long hints are cut off."""
        if self._model is None:
            from faster_whisper import WhisperModel  # ctranslate2: 0.5 s

            self._model = WhisperModel(str(model_folder(self._hub)), device="cpu", compute_type="int8")
        segments, _ = self._model.transcribe(
            pcm, language="en", word_timestamps=True, vad_filter=True, hotwords=" ".join(hints) or None
        )
        words = tuple(
            Word(text=word.word.strip(), start=word.start, end=word.end, prob=word.probability)
            for segment in segments
            for word in segment.words
        )
        text = " ".join(word.text for word in words)
        return Transcript(text=text, words=words, duration=len(pcm) / RATE, engine=self.name, draft=False)
