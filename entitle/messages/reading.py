"""What the strict reader and the folder loader say."""

from entitle.messages.words import Message, says

READING: dict[str, Message] = {
}
