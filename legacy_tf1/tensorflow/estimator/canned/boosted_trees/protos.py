"""The messages in which TensorFlow 1.15 kept trees in its checkpoints."""

from __future__ import annotations

from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)

_PACKAGE = "tensorflow.boosted_trees"
#: Fields as "name type number"; "*" marks the repeated ones, "|" those of a oneof.
_MESSAGES = {
    "Leaf": ["scalar float 3"],
    "NodeMetadata": ["gain float 1", "original_leaf Leaf 2"],
    "BucketizedSplit": [
        "feature_id int32 1",
        "threshold int32 2",
        "left_id int32 3",
        "right_id int32 4",
    ],
    "Node": [
        "|leaf Leaf 1",
        "|bucketized_split BucketizedSplit 2",
        "metadata NodeMetadata 777",
    ],
    "Tree": ["*nodes Node 1"],
    "PostPruneNodeUpdate": ["new_node_id int32 1", "*logit_change float 2"],
    "TreeMetadata": [
        "num_layers_grown int32 2",
        "is_finalized bool 3",
        "*post_pruned_nodes_meta PostPruneNodeUpdate 4",
    ],
    "GrowingMetadata": [
        "num_trees_attempted int64 1",
        "num_layers_attempted int64 2",
        "last_layer_node_start int32 3",
        "last_layer_node_end int32 4",
    ],
    "TreeEnsemble": [
        "*trees Tree 1",
        "*tree_weights float 2",
        "*tree_metadata TreeMetadata 3",
        "growing_metadata GrowingMetadata 4",
    ],
    "DebugOutput": ["*feature_ids int32 1", "*logits_path float 2"],
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="boosted_trees.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for row in fields:
            field_name, kind, number = row.lstrip("*|").split()
            field = message.field.add(name=field_name, number=int(number))
            field.label = (
                field_type.LABEL_REPEATED
                if row.startswith("*")
                else field_type.LABEL_OPTIONAL
            )
            if kind in _MESSAGES:
                field.type = field_type.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{kind}"
            else:
                field.type = field_type.Type.Value(f"TYPE_{kind.upper()}")
            if row.startswith("|"):
                if not message.oneof_decl:
                    message.oneof_decl.add(name="kind")
                field.oneof_index = 0
    return file


# A pool of its own: another package may bring the original messages.
_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())


def _class(name: str) -> Any:
    return message_factory.GetMessageClass(
        _POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}")
    )


TreeEnsemble = _class("TreeEnsemble")
DebugOutput = _class("DebugOutput")
