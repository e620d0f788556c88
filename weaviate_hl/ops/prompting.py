"""What a generative model is to do with the results of a search, as a message. Pure, but for reading images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from weaviate_gen.grpc.v1.generative_pb2 import GenerativeSearch

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.ops.checks import ArgumentCheck
from weaviate_hl.ops.near import base64_of
from weaviate_hl.values.configuration import GenerativeConfigRuntime
from weaviate_hl.values.searches import GroupedTask, SinglePrompt


def fill(
    check: ArgumentCheck,
    message: GenerativeSearch,
    *,
    single_prompt: str | SinglePrompt | None,
    grouped_task: str | GroupedTask | None,
    grouped_properties: Sequence[str] | None,
    generative_provider: GenerativeConfigRuntime | None,
) -> None:
    """Fill the message.

    Raises:
        WeaviateInvalidInputError: An argument is wrong, or would be without effect.
    """
    message.SetInParent()
    if grouped_task is None and grouped_properties is not None:
        raise WeaviateInvalidInputError(f"{check.call}: `grouped_properties` need a `grouped_task`")
    if grouped_task is None and single_prompt is None and generative_provider is not None:
        raise WeaviateInvalidInputError(
            f"{check.call}: `generative_provider` needs a `single_prompt` or a `grouped_task`"
        )
    if single_prompt is not None:
        single = SinglePrompt(single_prompt) if isinstance(single_prompt, str) else single_prompt
        check.one("single_prompt", single, SinglePrompt)
        message.single.prompt = check.text("single_prompt", single.prompt, required=True)
        message.single.debug = single.debug
        _provide(check, "single_prompt", message.single.queries, single, generative_provider)
    if grouped_task is not None:
        task = GroupedTask(grouped_task) if isinstance(grouped_task, str) else grouped_task
        check.one("grouped_task", task, GroupedTask)
        message.grouped.task = check.text("grouped_task", task.prompt, required=True)
        names = grouped_properties if task.non_blob_properties is None else task.non_blob_properties
        if names is not None:
            message.grouped.properties.values.extend(check.texts("grouped_properties", names))
        _provide(check, "grouped_task", message.grouped.queries, task, generative_provider)


def _provide(
    check: ArgumentCheck,
    argument: str,
    queries: Any,
    prompt: SinglePrompt | GroupedTask,
    provider: GenerativeConfigRuntime | None,
) -> None:
    """Which model is asked, and what it sees and tells beside the prompt."""
    if provider is None:
        if prompt.images or prompt.image_properties:
            raise WeaviateInvalidInputError(f"{check.call}: the images of `{argument}` need a `generative_provider`")
        return
    check.config("generative_provider", provider, GenerativeConfigRuntime, required=True)
    provider.fill(
        queries.add(),
        return_metadata=prompt.metadata,
        images=[base64_of(check, f"{argument}.images", image) for image in _several(prompt.images)],
        image_properties=check.texts(f"{argument}.image_properties", prompt.image_properties),
    )


def _several(given: Any) -> Iterable[Any]:
    if given is None:
        return ()
    one = isinstance(given, (str, bytes, bytearray)) or hasattr(given, "read") or not isinstance(given, Iterable)
    return [given] if one else given
