-- Conversations are trees of messages: an edit is another child of the same parent. `head` is the message that the person sees last.
CREATE TABLE conversation (
    number INTEGER PRIMARY KEY,
    id TEXT UNIQUE NOT NULL,
    title TEXT NOT NULL,
    is_pinned INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    model TEXT,
    system_prompt TEXT NOT NULL DEFAULT '',
    settings TEXT NOT NULL DEFAULT '{}',
    head TEXT REFERENCES message (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- The order of the list: pinned ones first, then the newest.
CREATE INDEX conversation_order ON conversation (is_pinned DESC, updated_at DESC, id);

CREATE TABLE message (
    number INTEGER PRIMARY KEY,
    id TEXT UNIQUE NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent TEXT REFERENCES message (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    reasoning TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    details TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX message_conversation ON message (conversation, number);
CREATE INDEX message_parent ON message (parent);
CREATE INDEX conversation_head ON conversation (head);

-- Trigrams find parts of words, and languages that put no spaces between them.
CREATE VIRTUAL TABLE message_text USING fts5 (content, content = 'message', content_rowid = 'number', tokenize = 'trigram');
CREATE VIRTUAL TABLE conversation_text USING fts5 (title, content = 'conversation', content_rowid = 'number', tokenize = 'trigram');

CREATE TRIGGER message_inserted AFTER INSERT ON message BEGIN
    INSERT INTO message_text (rowid, content) VALUES (new.number, new.content);
END;
CREATE TRIGGER message_deleted AFTER DELETE ON message BEGIN
    INSERT INTO message_text (message_text, rowid, content) VALUES ('delete', old.number, old.content);
END;
CREATE TRIGGER message_updated AFTER UPDATE OF content ON message BEGIN
    INSERT INTO message_text (message_text, rowid, content) VALUES ('delete', old.number, old.content);
    INSERT INTO message_text (rowid, content) VALUES (new.number, new.content);
END;
CREATE TRIGGER conversation_inserted AFTER INSERT ON conversation BEGIN
    INSERT INTO conversation_text (rowid, title) VALUES (new.number, new.title);
END;
CREATE TRIGGER conversation_deleted AFTER DELETE ON conversation BEGIN
    INSERT INTO conversation_text (conversation_text, rowid, title) VALUES ('delete', old.number, old.title);
END;
CREATE TRIGGER conversation_updated AFTER UPDATE OF title ON conversation BEGIN
    INSERT INTO conversation_text (conversation_text, rowid, title) VALUES ('delete', old.number, old.title);
    INSERT INTO conversation_text (rowid, title) VALUES (new.number, new.title);
END;
