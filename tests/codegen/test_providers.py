"""The `providers` stage: factories do what the facts say, one line adds an argument everywhere, mistakes are named."""

from __future__ import annotations

import inspect
import json
import pickle
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import MessageToDict

from codegen import pipeline, providers
from codegen.errors import CodegenError
from codegen.output import Output
from codegen.tables import read_toml
from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values import enums
from weaviate_hl.values import providers as generated

ROOT = Path(__file__).resolve().parents[2]
# What factories take and what must be sent for it, as recorded from the reference client. `positional`: how many of the
# parameters may be given by position; `result` is what `args` give, `minimal` what the required ones alone give.
FACTS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "config_factories.json").read_text("utf-8"))
COMPLETE = [path for path, fact in FACTS.items() if "args" in fact]
SENT = [(path, kind) for path in COMPLETE for kind in ("result", "minimal") if kind in FACTS[path]]
# Arguments that older code gives and no server reads.
UNSENT = {
    "Configure.Generative.cohere": ["return_likelihoods"],
    "Configure.NamedVectors.multi2vec_nvidia": ["output_encoding"],
    "Configure.NamedVectors.multi2vec_voyageai": ["output_encoding"],
    "Configure.VectorIndex.Quantizer.pq": ["bit_compression"],
    "Configure.VectorIndex.Quantizer.sq": ["cache"],
    "Configure.Vectorizer.multi2vec_clip": ["interference_url"],
    "Configure.Vectorizer.multi2vec_nvidia": ["output_encoding"],
    "Configure.Vectorizer.multi2vec_voyageai": ["output_encoding"],
    "Configure.sharding": ["actual_count", "actual_virtual_count"],
    "GenerativeConfig.aws_bedrock": ["top_k", "top_p", "stop_sequences"],
    "GenerativeConfig.aws_sagemaker": ["top_k", "top_p", "stop_sequences"],
    "Reconfigure.Generative.cohere": ["return_likelihoods"],
    "Reconfigure.VectorIndex.Quantizer.pq": ["bit_compression"],
}


def factory(path: str, module: Any = generated) -> Any:
    found = module
    for part in path.split("."):
        found = getattr(found, part)
    return found


def least(path: str) -> dict[str, Any]:
    """The required arguments alone."""
    required = [p for p in FACTS[path]["params"] if "=" not in p]
    return {name: value for name, value in FACTS[path].get("args", {}).items() if name in required}


@pytest.fixture(scope="session")
def provider_message(tmp_path_factory: pytest.TempPathFactory) -> type[Any]:
    """The gRPC message GenerativeProvider, of the interface in specs/ and in a pool of its own."""
    target = tmp_path_factory.mktemp("proto") / "descriptors"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'specs/grpc'}", "--include_imports"]
    subprocess.run([*command, f"--descriptor_set_out={target}", "weaviate/v1/generative.proto"], check=True)
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes()).file:
        pool.Add(file)
    found: type[Any] = message_factory.GetMessageClass(pool.FindMessageTypeByName("weaviate.v1.GenerativeProvider"))
    return found


# The facts.


def test_every_factory_is_there_and_no_other() -> None:
    def paths(cls: type, at: str) -> Iterator[str]:
        for name, value in vars(cls).items():
            if isinstance(value, type):
                yield from paths(value, f"{at}.{name}")
            elif isinstance(value, staticmethod):
                yield f"{at}.{name}"

    roots = [generated.Configure, generated.Reconfigure, generated.GenerativeConfig, generated.Integrations]
    assert sorted(path for root in roots for path in paths(root, root.__name__)) == sorted(FACTS)


@pytest.mark.parametrize("path", FACTS)
def test_signature(path: str) -> None:
    parameters = inspect.signature(factory(path)).parameters.values()
    told = [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters]
    assert told == FACTS[path]["params"]
    assert sum(p.kind is not p.KEYWORD_ONLY for p in parameters) == FACTS[path]["positional"]


@pytest.mark.parametrize("path", FACTS)
def test_every_argument_is_described(path: str) -> None:
    doc = inspect.getdoc(factory(path)) or ""
    described = re.findall(r"^    (\w+): .", doc, flags=re.MULTILINE)
    assert doc.splitlines()[0].endswith(".")
    assert described == list(inspect.signature(factory(path)).parameters)


@pytest.mark.parametrize(("path", "kind"), [sent for sent in SENT if "GenerativeConfig" not in sent[0]])
def test_what_is_sent(path: str, kind: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = factory(path)(**FACTS[path]["args"] if kind == "result" else least(path))
    assert value.to_dict() == FACTS[path][kind]
    if kind == "result":
        assert [re.findall("`(.*)`", str(w.message))[0] for w in caught] == UNSENT.get(path, [])
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301
    assert repr(value).startswith(type(value).__name__)


@pytest.mark.parametrize(("path", "kind"), [sent for sent in SENT if "GenerativeConfig" in sent[0]])
@pytest.mark.filterwarnings("ignore:.*has no effect")
def test_what_is_sent_at_run_time(path: str, kind: str, provider_message: type[Any]) -> None:
    message = provider_message()
    factory(path)(**FACTS[path]["args"] if kind == "result" else least(path)).fill(message, return_metadata=True)
    assert MessageToDict(message) == FACTS[path][kind]


def test_enumerations_at_run_time(provider_message: type[Any]) -> None:
    message = provider_message()
    generated.GenerativeConfig.openai(reasoning_effort="low", verbosity="high").fill(message)
    expected = {"isAzure": False, "reasoningEffort": "REASONING_EFFORT_LOW", "verbosity": "VERBOSITY_HIGH"}
    assert MessageToDict(message) == {"openai": expected}
    with pytest.raises(WeaviateInvalidInputError, match="REASONING_EFFORT_ENDLESS for `reasoning_effort`"):
        generated.GenerativeConfig.openai(reasoning_effort="endless").fill(provider_message())


def test_images_at_run_time(provider_message: type[Any]) -> None:
    message = provider_message()
    generated.GenerativeConfig.anthropic().fill(message, images=["aGk="], image_properties=["photo"])
    expected = {"images": {"values": ["aGk="]}, "imageProperties": {"values": ["photo"]}}
    assert MessageToDict(message) == {"anthropic": expected}
    with pytest.raises(WeaviateInvalidInputError, match="`mistral` take no `images`"):
        generated.GenerativeConfig.mistral().fill(provider_message(), images=["aGk="])


def test_an_empty_list_at_run_time_is_not_left_out(provider_message: type[Any]) -> None:
    message = provider_message()
    generated.GenerativeConfig.deepseek(stop=[]).fill(message)
    assert message.deepseek.HasField("stop")


@pytest.mark.parametrize("path", COMPLETE)
@pytest.mark.filterwarnings("ignore:.*has no effect")
def test_wrong_arguments_are_named(path: str) -> None:
    for name in inspect.signature(factory(path)).parameters:
        with pytest.raises(WeaviateInvalidInputError) as caught:
            factory(path)(**{**FACTS[path]["args"], name: object()})
        where = factory(path).__qualname__  # Reconfigure.Reranker is Configure.Reranker
        assert str(caught.value).startswith(f"{where}: `{name}` must be ")
        assert str(caught.value).endswith("not a value of type object")


def test_every_module_has_a_name() -> None:
    files = {path.stem: read_toml(path.read_text("utf-8"), path.name) for path in sorted_tables(ROOT)}
    for file, kind in (("vectorizers", enums.Vectorizers), ("rerankers", enums.Rerankers)):
        assert {said["module"] for said in files[file].values() if "module" in said} - set(kind) == set()
    generative = {said["module"] for said in files["generative"].values() if "module" in said}
    assert generative | {"generative-dummy"} == set(enums.GenerativeSearches)


# The stage.


def sorted_tables(root: Path) -> list[Path]:
    return sorted((root / providers.SOURCE).glob("*.toml"))


@pytest.fixture
def output(tmp_path: Path) -> Output:
    """A copy of what the stage reads."""
    shutil.copytree(ROOT / providers.SOURCE, tmp_path / "repository" / providers.SOURCE)
    for path in (providers.CONFIGURATION, providers.ENUMS):
        (tmp_path / "repository" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / "repository" / path)
    (tmp_path / "new").mkdir()
    return Output(tmp_path / "repository", tmp_path / "new")


def change(output: Output, file: str, old: str, new: str) -> None:
    path = output.root / providers.SOURCE / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def made(output: Output) -> Any:
    """The generated module."""
    providers.generate(output)
    namespace: dict[str, Any] = {"__name__": "made"}
    exec(compile((output.new / providers.TARGET).read_text("utf-8"), "made", "exec"), namespace)  # noqa: S102
    return type("Made", (), namespace)


def test_the_committed_file_is_what_the_stage_writes(output: Output) -> None:
    pipeline.run(output, ["providers"], lambda _: None)
    assert (output.new / providers.TARGET).read_text("utf-8") == (ROOT / providers.TARGET).read_text("utf-8")


def test_one_line_adds_an_argument_everywhere(output: Output) -> None:
    line = 'encoding_format = { type = "str", doc = "How numbers are written." }'
    change(output, "vectorizers.toml", "[text2vec_openai.arguments]\n", f"[text2vec_openai.arguments]\n{line}\n")
    module = made(output)
    for path, given in (("Vectors", {}), ("NamedVectors", {"name": "a"}), ("Vectorizer", {})):
        value = factory(f"Configure.{path}.text2vec_openai", module)(**given, encoding_format="float")
        assert value.settings["encodingFormat"] == "float"
    positional = inspect.signature(module.Configure.Vectorizer.text2vec_openai).parameters["encoding_format"]
    assert positional.kind is positional.KEYWORD_ONLY


def test_one_table_adds_a_provider(output: Output) -> None:
    table = '[acme]\nmodule = "reranker-acme"\ndoc = "Acme."\n[acme.arguments]\nmodel = {}\n\n[cohere]\n'
    change(output, "rerankers.toml", "[cohere]\n", table)
    module = made(output)
    for root in (module.Configure, module.Reconfigure):
        assert root.Reranker.acme("m") == module.Configure.Reranker.acme(model="m")
        assert (root.Reranker.acme("m").module, root.Reranker.acme("m").to_dict()) == ("reranker-acme", {"model": "m"})


@pytest.mark.parametrize(
    ("file", "old", "new", "error"),
    [
        ("rerankers.toml", "[cohere]", "[cohere", "rerankers.toml: "),
        ("rerankers.toml", "module =", "modul =", "rerankers.toml: cohere.modul: unknown key"),
        ("rerankers.toml", "top_n = {}", "top_n = 1", "contextualai.arguments.top_n: unknown key, or not a table"),
        ("rerankers.toml", "top_n = {}", "top_n = { typ = 1 }", "contextualai.arguments.top_n.typ: unknown key"),
        ("rerankers.toml", "top_n = {}", "top_m = {}", "contextualai.arguments.top_m.type is missing"),
        ("rerankers.toml", "top_n = {}", 'top_n = { type = "long" }', "top_n.type: 'long' is not a type"),
        ("rerankers.toml", "top_n = {}", 'top_n = { type = "enum Top" }', "top_n.type: there is no Top"),
        ("rerankers.toml", "top_n = {}", 'top_n = { type = "config Top" }', "top_n.type: there is no Top"),
        ("rerankers.toml", "top_n = {}", 'top_n = { in = ["Rank"] }', "top_n.in: there is no Rank"),
        ("rerankers.toml", "top_n = {}", 'top_n = { wire = "model" }', "contextualai: two arguments go to model"),
        ("rerankers.toml", 'doc = "Cohere', 'doc = "\\"Cohere', "rerankers.toml: cohere.doc: one line"),
        ("rerankers.toml", 'doc = "Cohere', 'in = "Cohere', "rerankers.toml: cohere.doc is missing"),
        ("vectorizers.toml", 'family = "text"', 'family = "sound"', "the family: there is no sound"),
        ("vectorizers.toml", '["Vectors"]', '["Vector"]', "text2vec_aws_bedrock.in: there is no Vector"),
        ("vectorizers.toml", '"text2vec_google"\n', '"text2vec_goggle"\n', "same_as: text2vec_goggle is no table"),
        ("vectorizers.toml", '["location"]', '["locations"]', "without: there is no locations"),
        ("vectorizers.toml", '"text2vec_jinaai" }', '"self_provided" }', "there is a Configure.MultiVectors.self_pr"),
        ("vectorizers.toml", "*, name, quantizer, ..., dimensions", "*, nam, ...", "signature: there is no nam"),
        ("vectorizers.toml", "*, name, quantizer, ..., dimensions", "name, ...", "signature: needs each name once"),
        ("vectorizers.toml", "*, name, quantizer, ..., dimensions", "name, ..., *", "a required argument follows"),
        ("collections.toml", '"BQConfig"', '"BKConfig"', "bq.returns: there is no BKConfigCreate"),
        ("collections.toml", '"bm25_k1"]', '"bm25_k2"]', "inverted_index.together: there is no bm25_k2"),
        ("collections.toml", "always.Configure", "always.Configured", "pq.always.Configured: unknown key"),
        ("integrations.toml", "organization = {}", "model = {}", "openai.arguments.model.header is missing"),
        ("namespaces.toml", "opt_in =", "optional =", "namespaces.toml: MultiVectors.optional: unknown key"),
        ("namespaces.toml", 'at = "Configure.Vectors"', "", "namespaces.toml: Vectors.at is missing"),
        ("namespaces.toml", '"vectorizers"', '"vectorisers"', "Vectors.table: there is no vectorisers.toml"),
        ("arguments.toml", "media = {", "medium = {", "vectorize_collection_name.medium: unknown key"),
    ],
)
def test_mistakes_are_named(output: Output, file: str, old: str, new: str, error: str) -> None:
    change(output, file, old, new)
    with pytest.raises(CodegenError, match=re.escape(error)) as caught:
        providers.generate(output)
    assert str(caught.value).startswith(f"{providers.SOURCE}/")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(output: Output) -> None:
    (output.root / providers.SOURCE / "arguments.toml").unlink()
    with pytest.raises(CodegenError, match=r"arguments\.toml is missing"):
        providers.generate(output)


def test_importing_the_factories_costs_little() -> None:
    heavy = ("asyncio", "ssl", "dataclasses", "attrs", "pydantic", "google.protobuf", "datetime", "inspect")
    program = f"import sys, weaviate_hl.values.providers\nprint([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
