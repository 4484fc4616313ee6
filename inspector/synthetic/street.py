"""The classes of a scene: what each is called, how it is drawn, and what a model takes it for."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SCENE_CLASSES", "VOID", "SceneClass", "scene_class"]

VOID = 255


@dataclass(frozen=True)
class SceneClass:
    """One class of a scene: what it is called, how it is drawn, and what a model takes it for."""

    name: str
    color: tuple[int, int, int]
    role: str  # what draws it: a key of scenes.REGIONS or objects.OBJECTS, or "sky"
    presence: float  # probability that an image has any
    mistaken_for: tuple[str, ...]  # the first of these that a scene has
    isthing: bool = False


# In order of importance, so that the first K of them make a scene for every K.
SCENE_CLASSES = (
    SceneClass("road", (120, 72, 128), "ground", 1.0, ("sidewalk",)),
    SceneClass("building", (84, 84, 92), "backdrop", 1.0, ("wall", "vegetation")),
    SceneClass("sky", (92, 150, 205), "sky", 1.0, ("building",)),
    SceneClass("car", (24, 40, 160), "vehicle", 0.95, ("truck", "road"), True),
    SceneClass("sidewalk", (226, 80, 200), "verge", 0.95, ("road",)),
    SceneClass("vegetation", (92, 140, 52), "foliage", 0.95, ("terrain", "building")),
    SceneClass("pole", (170, 170, 164), "pole", 0.95, ("building",)),
    SceneClass("person", (214, 44, 60), "upright", 0.85, ("rider", "car"), True),
    SceneClass("traffic sign", (226, 212, 40), "sign", 0.85, ("building",), True),
    SceneClass("fence", (190, 140, 110), "band", 0.5, ("wall", "building")),
    SceneClass("bicycle", (140, 20, 44), "wheeled", 0.4, ("motorcycle", "person"), True),
    SceneClass("terrain", (150, 226, 150), "verge", 0.35, ("vegetation",)),
    SceneClass("rider", (250, 100, 20), "upright", 0.35, ("person",), True),
    SceneClass("truck", (20, 90, 110), "large vehicle", 0.12, ("bus", "car"), True),
    SceneClass("wall", (112, 112, 170), "band", 0.35, ("fence",)),
    SceneClass("bus", (10, 130, 150), "large vehicle", 0.1, ("truck",), True),
    SceneClass("traffic light", (250, 168, 30), "sign", 0.6, ("pole",), True),
    SceneClass("motorcycle", (70, 30, 230), "wheeled", 0.12, ("bicycle",), True),
    SceneClass("train", (10, 96, 70), "large vehicle", 0.05, ("bus",), True),
)


def scene_class(index: int) -> SceneClass:
    """The class of this index; past the list, rare objects named by their number."""
    if index < len(SCENE_CLASSES):
        return SCENE_CLASSES[index]
    color = (index * 97 % 200 + 40, index * 57 % 200 + 40, index * 31 % 200 + 40)
    return SceneClass(f"class {index}", color, "wheeled", 0.15, (SCENE_CLASSES[index % len(SCENE_CLASSES)].name,), True)
